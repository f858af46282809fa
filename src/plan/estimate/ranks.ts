import { hasAll, requireArgument, requireWhole } from "../../core/arguments.js";
import { type Mesh, stageDevices } from "../../model/layout/mesh.js";

/**
 * Position of a rank in the mesh. MindSpore gives consecutive ranks to a pipeline stage; within a stage the device
 * matrix is (data, context, tensor) with the tensor axis running fastest:
 * rank = ((stage · data_parallel + data) · context_parallel + context) · model_parallel + tensor.
 * Expert-parallel groups are `expert_parallel` consecutive ranks of a stage.
 */
export interface RankPlace {
  readonly rank: number;
  /** Number of the machine, which is its node_rank: rank / devicesPerNode rounded down. */
  readonly node: number;
  /** Position on the machine. */
  readonly device: number;
  readonly stage: number;
  /** Position on the data axis: which part of the batch the rank works on. */
  readonly data: number;
  readonly context: number;
  readonly tensor: number;
  /** Position inside the expert-parallel group: which part of the experts the rank holds. */
  readonly expert: number;
}

/** The axes along which ranks form groups. */
export type MeshAxis = "stage" | "data" | "context" | "tensor" | "expert";

const axes: readonly MeshAxis[] = ["stage", "data", "context", "tensor", "expert"];
const sizes = ["dataParallel", "tensorParallel", "pipelineStages", "contextParallel", "expertParallel"];

interface RankInMesh {
  readonly rank: unknown;
  readonly mesh: unknown;
  readonly example: string;
}

function requireRank(call: string, { rank, mesh, example }: RankInMesh): void {
  requireWhole(rank, 0, { call: `${call}, rank`, example });
  const isMesh = hasAll(mesh, ...sizes);
  requireArgument(isMesh, {
    call: `${call}, mesh`,
    expected: `an object with ${sizes.join(", ")}`,
    found: mesh,
    example,
  });
}

/**
 * Coordinates of a rank (0 to devices − 1).
 *
 * @example
 * placeOf(5, { ...singleDevice, dataParallel: 2, tensorParallel: 4 }, 8).tensor; // 1
 */
export function placeOf(rank: number, mesh: Mesh, devicesPerNode: number): RankPlace {
  const example = "placeOf(5, { ...singleDevice, dataParallel: 2, tensorParallel: 4 }, 8)";
  requireRank("placeOf", { rank, mesh, example });
  requireWhole(devicesPerNode, 1, { call: "placeOf, devicesPerNode", example });
  const inStage = stageDevices(mesh);
  const local = rank % inStage;
  return {
    rank,
    node: Math.floor(rank / devicesPerNode),
    device: rank % devicesPerNode,
    stage: Math.floor(rank / inStage),
    data: Math.floor(local / (mesh.contextParallel * mesh.tensorParallel)),
    context: Math.floor(local / mesh.tensorParallel) % mesh.contextParallel,
    tensor: local % mesh.tensorParallel,
    expert: local % mesh.expertParallel,
  };
}

function every(first: number, stride: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index * stride);
}

/**
 * Ranks that work together with `rank` along one axis, in order; they are the communication group of that axis:
 * tensor: share each matrix; context: share each sequence; data: hold the same weights; stage: hand the activations on;
 * expert: exchange tokens among their experts.
 *
 * @example
 * groupOf(5, "tensor", { ...singleDevice, dataParallel: 2, tensorParallel: 4 }); // [4, 5, 6, 7]
 */
export function groupOf(rank: number, axis: MeshAxis, mesh: Mesh): number[] {
  const example = 'groupOf(5, "tensor", { ...singleDevice, dataParallel: 2, tensorParallel: 4 })';
  requireRank("groupOf", { rank, mesh, example });
  const expected = axes.map((name) => JSON.stringify(name)).join(", ");
  requireArgument(axes.includes(axis), { call: "groupOf, axis", expected, found: axis, example });
  const { tensorParallel, contextParallel, dataParallel, pipelineStages, expertParallel } = mesh;
  const inStage = stageDevices(mesh);
  const stageStart = rank - (rank % inStage);
  const local = rank % inStage;
  const inReplica = contextParallel * tensorParallel;
  if (axis === "tensor") return every(rank - (local % tensorParallel), 1, tensorParallel);
  if (axis === "context") {
    const start = stageStart + Math.floor(local / inReplica) * inReplica + (local % tensorParallel);
    return every(start, tensorParallel, contextParallel);
  }
  if (axis === "data") return every(stageStart + (local % inReplica), inReplica, dataParallel);
  if (axis === "expert") return every(stageStart + local - (local % expertParallel), 1, expertParallel);
  return every(local, inStage, pipelineStages);
}

/**
 * Number of the block that a rank is colored by: the stage; the replica (data); the group of ranks that share matrices
 * (tensor), sequences (context) or experts (expert). Equal for the ranks of one block, counted through from rank 0.
 */
export function blockOf(place: RankPlace, axis: MeshAxis, mesh: Mesh): number {
  const inStage = stageDevices(mesh);
  if (axis === "stage") return place.stage;
  if (axis === "data") return place.data;
  if (axis === "context") return place.context;
  if (axis === "tensor") return Math.floor(place.rank / mesh.tensorParallel);
  const perStage = Math.max(1, Math.floor(inStage / mesh.expertParallel));
  return place.stage * perStage + Math.floor((place.rank % inStage) / mesh.expertParallel);
}
