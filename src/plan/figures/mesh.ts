import { LabError } from "../../core/error.js";
import { formatBytes, formatCount } from "../../core/units.js";
import { meshArithmetic, meshDevices } from "../../model/layout/mesh.js";
import { layerRanges } from "../../model/layout/stages.js";
import { type CellGridSpec, cellGrid, type GridCell, type GridDrawing } from "../../view/charts/cell-grid.js";
import { cycleColour, cycleLength, rampColour } from "../../view/charts/palette.js";
import type { LegendEntry } from "../../view/charts/picture.js";
import type { MimeBundle } from "../../view/display-contract.js";
import { blockOf, type MeshAxis, placeOf, type RankPlace, usedMesh } from "../estimate/ranks.js";
import type { PlanValues } from "../estimate/values.js";
import { memoryLimit } from "./memory.js";

/** What the colours of the mesh figure mean. */
export interface MeshFigureOptions {
  /**
   * stage (default): pipeline stage; data: replica, whose ranks work on the same samples; tensor, context, expert: group of ranks that share
   * matrices, sequences or experts; memory: estimated bytes on the device, as a heat map.
   */
  readonly colour?: MeshAxis | "memory";
}

type Colouring = NonNullable<MeshFigureOptions["colour"]>;

const meanings: Readonly<Record<Colouring, string>> = {
  memory: "memory",
  stage: "pipeline stage",
  data: "data-parallel replica",
  tensor: "tensor-parallel group",
  context: "position on the context-parallel axis",
  expert: "expert-parallel group",
};

/** Everything that the figure asks about one rank. */
interface Grid {
  readonly plan: PlanValues;
  readonly axis: Colouring;
  readonly mesh: ReturnType<typeof usedMesh>;
  /** Number of different colours; the last one is for devices that the mesh doesn't use. */
  readonly colours: readonly string[];
}

function inMesh(grid: Grid, rank: number): boolean {
  return rank < meshDevices(grid.mesh);
}

function place(grid: Grid, rank: number): RankPlace {
  return placeOf(rank, grid.mesh, grid.plan.cluster.devicesPerNode);
}

function colourOf(grid: Grid, rank: number): number {
  if (!inMesh(grid, rank)) return grid.colours.length - 1;
  const at = place(grid, rank);
  if (grid.axis === "memory") return memoryLevel(grid.plan, at.stage);
  return blockOf(at, grid.axis, grid.mesh) % (grid.colours.length - 1);
}

/** Steps of the heat map, from nothing to the limit (or to the fullest device, if that is more or no limit is known). */
const memoryLevels = 24;

function memoryTop(plan: PlanValues): number {
  return Math.max(plan.memory?.peak ?? 1, memoryLimit(plan)?.bytes ?? 0);
}

function memoryLevel(plan: PlanValues, stage: number): number {
  const share = (plan.memory?.stages[stage]?.total ?? 0) / memoryTop(plan);
  return Math.min(memoryLevels - 1, Math.floor(share * memoryLevels));
}

function axesText(grid: Grid, at: RankPlace): string {
  const { mesh } = grid;
  const parts = [
    mesh.pipelineStages > 1 ? `stage ${at.stage}` : "",
    `data ${at.data}`,
    mesh.contextParallel > 1 ? `context ${at.context}` : "",
    mesh.tensorParallel > 1 ? `tensor ${at.tensor}` : "",
    mesh.expertParallel > 1 ? `expert ${at.expert}` : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

function layersText(grid: Grid, stage: number): string {
  const { places } = grid.plan.pipeline ?? {};
  return places === undefined ? "" : `layers ${layerRanges(places, stage).join(", ")}`;
}

function deviceCell(grid: Grid, rank: number, brief: boolean): GridCell {
  const { plan } = grid;
  const { devicesPerNode, nodes } = plan.cluster;
  const colour = colourOf(grid, rank);
  const node = Math.floor(rank / devicesPerNode);
  const where = `${nodes[node]} (node ${node}), device ${rank % devicesPerNode}`;
  if (!inMesh(grid, rank)) return { colour, hover: `rank ${rank}\nnot used by the mesh` };
  const at = place(grid, rank);
  if (brief) {
    const expert = grid.mesh.expertParallel > 1 ? ` e${at.expert}` : "";
    const bytes = grid.axis === "memory" ? ` · ${bytesText(grid, at.stage)}` : "";
    return { colour, hover: `rank ${rank}: s${at.stage} d${at.data} t${at.tensor}${expert}${bytes}` };
  }
  const lines = [`rank ${rank}`, where, axesText(grid, at), layersText(grid, at.stage), bytesText(grid, at.stage)];
  return { colour, hover: lines.filter(Boolean).join("\n") };
}

function bytesText(grid: Grid, stage: number): string {
  const bytes = grid.plan.memory?.stages[stage]?.total;
  return bytes === undefined ? "" : `${formatBytes(bytes)} used`;
}

/** A cell for every device; the longer of nodes and devices lies across. */
function deviceDrawing(grid: Grid, brief: boolean): GridDrawing {
  const { nodes, devicesPerNode } = grid.plan.cluster;
  const cell = (node: number, device: number): GridCell => deviceCell(grid, node * devicesPerNode + device, brief);
  const deviceLabels = Array.from({ length: devicesPerNode }, (_, device) => String(device));
  const notes = [...(brief ? ["Position on the axes: s stage, d data, t tensor, e expert."] : []), ...notesOf(grid, 1)];
  if (nodes.length <= devicesPerNode)
    return {
      cells: nodes.map((_, node) => deviceLabels.map((_, device) => cell(node, device))),
      rowLabels: nodes.map((name, node) => `${node} ${name}`),
      columnLabels: deviceLabels,
      xLabel: "device",
      yLabel: "node",
      notes,
    };
  return {
    cells: deviceLabels.map((_, device) => nodes.map((_, node) => cell(node, device))),
    rowLabels: deviceLabels,
    columnLabels: nodes.map((_, node) => String(node)),
    xLabel: "node",
    yLabel: "device",
    notes,
  };
}

/** Cells of several whole nodes each, wrapped into rows. */
function nodeDrawing(grid: Grid, nodesPerCell: number): GridDrawing {
  const { nodes, devicesPerNode } = grid.plan.cluster;
  const cells = Math.ceil(nodes.length / nodesPerCell);
  const columns = Math.min(cells, 2 ** Math.round(Math.log2(Math.sqrt(cells * 2))));
  const rows = Math.ceil(cells / columns);
  const cell = (index: number): GridCell | undefined => {
    if (index >= cells) return undefined;
    const first = index * nodesPerCell;
    const last = Math.min(nodes.length, first + nodesPerCell) - 1;
    const ranks = [first * devicesPerNode, (last + 1) * devicesPerNode - 1] as const;
    const name = first === last ? `node ${first}` : `nodes ${first}–${last}`;
    const head = `${name}: ranks ${ranks[0]}–${ranks[1]}`;
    if (!inMesh(grid, ranks[0])) return { colour: colourOf(grid, ranks[0]), hover: `${head}\nnot used` };
    const [from, to] = [place(grid, ranks[0]), place(grid, Math.min(ranks[1], meshDevices(grid.mesh) - 1))];
    const span = (label: string, a: number, b: number): string => (a === b ? `${label} ${a}` : `${label} ${a}–${b}`);
    return {
      colour: colourOf(grid, ranks[0]),
      hover: `${head}\n${span("stage", from.stage, to.stage)} · ${span("data", from.data, to.data)}`,
    };
  };
  return {
    cells: Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => cell(row * columns + column)),
    ),
    rowLabels: Array.from({ length: rows }, (_, row) => `node ${row * columns * nodesPerCell}`),
    columnLabels: Array.from({ length: columns }, (_, column) => `+${column * nodesPerCell}`),
    xLabel: "node (first of the row + …)",
    yLabel: "first node of the row",
    notes: notesOf(grid, nodesPerCell * devicesPerNode),
  };
}

function notesOf(grid: Grid, perCell: number): string[] {
  const { plan, mesh } = grid;
  const [needed, found] = [meshDevices(mesh), plan.cluster.devices];
  return [
    perCell === 1 ? "" : `Every cell is ${perCell} devices; the colour is that of the first.`,
    needed === found ? "" : `The mesh needs ${formatCount(needed)} devices, the cluster has ${formatCount(found)}.`,
  ].filter(Boolean);
}

/** As many blocks as the axis has; more than there are colours repeat. */
function blockCount(mesh: Grid["mesh"], axis: Colouring): number {
  const inStage = mesh.dataParallel * mesh.contextParallel * mesh.tensorParallel;
  return {
    stage: mesh.pipelineStages,
    memory: mesh.pipelineStages,
    data: mesh.dataParallel,
    context: mesh.contextParallel,
    tensor: (inStage * mesh.pipelineStages) / mesh.tensorParallel,
    expert: mesh.pipelineStages * Math.max(1, Math.floor(inStage / mesh.expertParallel)),
  }[axis];
}

function coloursOf(axis: Colouring, blocks: number): string[] {
  if (axis === "memory")
    return [...Array.from({ length: memoryLevels }, (_, level) => rampColour(level / (memoryLevels - 1))), "#d9d9d9"];
  const used = axis === "stage" ? Math.min(blocks, 64) : Math.min(blocks, cycleLength);
  const colour = (index: number): string =>
    axis === "stage" && blocks > cycleLength ? rampColour(index / Math.max(1, used - 1)) : cycleColour(index);
  return [...Array.from({ length: used }, (_, index) => colour(index)), "#d9d9d9"];
}

function legendOf(grid: Grid, blocks: number): LegendEntry[] {
  const { axis, colours } = grid;
  if (axis === "memory")
    return [0, 0.25, 0.5, 0.75, 1].map((share) => ({
      label: formatBytes(share * memoryTop(grid.plan)),
      colour: rampColour(share),
    }));
  if (blocks < colours.length && blocks <= 16)
    return Array.from({ length: blocks }, (_, index) => ({
      label: `${axis} ${index}`,
      colour: colours[index] as string,
    }));
  return [];
}

function textOf(grid: Grid, blocks: number): string {
  const { plan, mesh, axis } = grid;
  const size = meshDevices(mesh) / blocks;
  const lines = [
    `${formatCount(plan.cluster.devices)} devices on ${formatCount(plan.cluster.nodes.length)} nodes: ${meshArithmetic(mesh)}`,
    `${formatCount(blocks)} × ${meanings[axis === "memory" ? "stage" : axis]} of ${formatCount(size)} ranks`,
  ];
  if (axis !== "stage" && axis !== "memory") return lines.join("\n");
  const shown = Array.from({ length: Math.min(blocks, 32) }, (_, stage) => {
    const layers = layersText(grid, stage);
    const facts = [`ranks ${stage * size}–${(stage + 1) * size - 1}`, layers, bytesText(grid, stage)];
    return `  stage ${stage}: ${facts.filter(Boolean).join(", ")}`;
  });
  return [...lines, ...shown, ...(blocks > 32 ? [`  ⋮ ${blocks - 32} stages more`] : [])].join("\n");
}

/** Nodes × devices, coloured by the chosen axis; large clusters with a cell for every node or for several nodes. */
export function meshFigureBundle(plan: PlanValues, options: MeshFigureOptions = {}): MimeBundle {
  const axis = options.colour ?? "stage";
  if (!Object.hasOwn(meanings, axis) || (axis === "memory" && plan.memory === undefined))
    throw new LabError(
      "ARGUMENT_INVALID",
      `meshFigure colour: expected ${Object.keys(meanings).join(", ")}${axis === "memory" ? " (memory only for models whose size is computed)" : ""}, found ${JSON.stringify(axis)}`,
      {
        hint: 'plan.meshFigure({ colour: "data" })',
      },
    );
  const mesh = usedMesh(plan.mesh, plan.cluster.devices);
  const blocks = blockCount(mesh, axis);
  const grid: Grid = { plan, axis, mesh, colours: coloursOf(axis, blocks) };
  const { nodes, devices } = plan.cluster;
  const coarse = [1, 2, 4, 8, 16, 32, 64].filter((size) => size === 1 || nodes.length / size >= 64);
  const spec: CellGridSpec = {
    title: `Mesh: ${formatCount(plan.cluster.devices)} devices, coloured by ${meanings[axis]}`,
    colours: grid.colours,
    legend: legendOf(grid, blocks),
    text: textOf(grid, blocks),
    drawings: [
      ...(devices <= 512 ? [() => deviceDrawing(grid, false)] : []),
      ...(devices <= 1024 ? [() => deviceDrawing(grid, true)] : []),
      ...coarse.map((size) => () => nodeDrawing(grid, size)),
    ],
  };
  return cellGrid(spec);
}
