import { positive, type ReadValue } from "../read-value.js";

/** MindSpore's parallel modes; the YAML has the number or the name. */
const parallelModes = ["data_parallel", "semi_auto", "auto", "hybrid"] as const;

export type ParallelMode = (typeof parallelModes)[number];

const modeNames: Readonly<Record<string, ParallelMode>> = {
  DATA_PARALLEL: "data_parallel",
  SEMI_AUTO_PARALLEL: "semi_auto",
  AUTO_PARALLEL: "auto",
  HYBRID_PARALLEL: "hybrid",
};

/** `parallel.parallel_mode` (number or name; default 1), or undefined if it is neither. */
export function readParallelMode(get: ReadValue): ParallelMode | undefined {
  const value = get("parallel.parallel_mode") ?? 1;
  if (typeof value === "number") return parallelModes[value];
  return typeof value === "string" ? modeNames[value.toUpperCase()] : undefined;
}

/** Sizes of the device mesh. `expertParallel` divides dataParallel · tensorParallel and is no factor of the product. */
export interface Mesh {
  readonly dataParallel: number;
  readonly tensorParallel: number;
  readonly pipelineStages: number;
  readonly contextParallel: number;
  readonly expertParallel: number;
  /** False in data-parallel and stand-alone mode, where MindFormers treats every device as a data-parallel one. */
  readonly semiAuto: boolean;
}

/** The mesh that the configuration asks for (`parallel_config`). */
export function readMesh(get: ReadValue): Mesh {
  const mode = readParallelMode(get);
  const of = (name: string): number => positive(get, `parallel_config.${name}`);
  return {
    dataParallel: of("data_parallel"),
    tensorParallel: of("model_parallel"),
    pipelineStages: of("pipeline_stage"),
    contextParallel: of("context_parallel"),
    expertParallel: of("expert_parallel"),
    semiAuto: get("use_parallel") !== false && (mode === "semi_auto" || mode === "auto"),
  };
}

/** Devices that the mesh needs: the product of its axes. */
export function meshDevices(mesh: Mesh): number {
  return mesh.dataParallel * mesh.tensorParallel * mesh.pipelineStages * mesh.contextParallel;
}

/** Number of ranks of one pipeline stage. */
export function stageDevices(mesh: Mesh): number {
  return mesh.dataParallel * mesh.contextParallel * mesh.tensorParallel;
}

/** The mesh as it is used: without semi-automatic parallelism every device is a data-parallel one. */
export function usedMesh(mesh: Mesh, devices: number): Mesh {
  if (mesh.semiAuto) return mesh;
  return {
    dataParallel: devices,
    tensorParallel: 1,
    pipelineStages: 1,
    contextParallel: 1,
    expertParallel: 1,
    semiAuto: false,
  };
}

/**
 * `parallel_config` product as text: "data_parallel 2 · model_parallel 3 = 6"; axes of size 1 are left out unless they
 * are the only ones.
 */
export function meshArithmetic(mesh: Mesh): string {
  const axes: [string, number][] = [
    ["data_parallel", mesh.dataParallel],
    ["model_parallel", mesh.tensorParallel],
    ["pipeline_stage", mesh.pipelineStages],
    ["context_parallel", mesh.contextParallel],
  ];
  const shown = axes.filter(([, size], index) => index < 3 || size > 1);
  return `${shown.map(([name, size]) => `${name} ${size}`).join(" · ")} = ${meshDevices(mesh)}`;
}
