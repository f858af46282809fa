import { LabError } from "../../core/error.js";
import { requireOptions } from "../../core/options/option-names.js";
import { formatBytes, formatCount } from "../../core/units.js";
import { layerRanges } from "../../model/layout/layers.js";
import { meshArithmetic, meshDevices, usedMesh } from "../../model/layout/mesh.js";
import type { Cell, ColorScale, LegendEntry } from "../../view/charts/chart.js";
import type { Figure } from "../../view/charts/figure.js";
import { cellGrid, type GridDrawing } from "../../view/charts/kinds/cell-grid.js";
import { cycleColor, cycleLength, rampColor } from "../../view/charts/palette.js";
import { blockOf, type MeshAxis, placeOf, type RankPlace } from "../estimate/ranks.js";
import type { PlanValues } from "../estimate/values.js";
import { memoryLimit } from "./memory.js";

/** What the colors of the mesh figure mean. */
export interface MeshFigureOptions {
  /**
   * stage (default): pipeline stage; data: replica, whose ranks work on the same samples; tensor, context, expert:
   * group of ranks that share matrices, sequences, or experts; memory: estimated bytes on the device, as a heat map.
   */
  readonly color?: MeshAxis | "memory";
}

type Coloring = NonNullable<MeshFigureOptions["color"]>;

const meanings: Readonly<Record<Coloring, string>> = {
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
  readonly axis: Coloring;
  readonly mesh: ReturnType<typeof usedMesh>;
  /** Number of different colors; the last one is for devices that the mesh doesn't use. */
  readonly colors: readonly string[];
}

function inMesh(grid: Grid, rank: number): boolean {
  return rank < meshDevices(grid.mesh);
}

function place(grid: Grid, rank: number): RankPlace {
  return placeOf(rank, grid.mesh, grid.plan.cluster.devicesPerNode);
}

function colorOf(grid: Grid, rank: number): number {
  if (!inMesh(grid, rank)) return grid.colors.length - 1;
  const at = place(grid, rank);
  if (grid.axis === "memory") return memoryLevel(grid.plan, at.stage);
  return blockOf(at, grid.axis, grid.mesh) % (grid.colors.length - 1);
}

/**
 * Steps of the heat map, from nothing to the limit (or to the fullest device, if that is more or no limit is known).
 */
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

function deviceCell(grid: Grid, rank: number, brief: boolean): Cell {
  const { plan } = grid;
  const { devicesPerNode, nodes } = plan.cluster;
  const color = colorOf(grid, rank);
  const node = Math.floor(rank / devicesPerNode);
  const where = `${nodes[node]} (node ${node}), device ${rank % devicesPerNode}`;
  if (!inMesh(grid, rank))
    return { color, hover: brief ? [rank, "–", "–", "–", "–"] : `rank ${rank}\nnot used by the mesh` };
  const at = place(grid, rank);
  if (brief) return { color, hover: [rank, at.stage, at.data, at.tensor, at.expert] };
  const lines = [`rank ${rank}`, where, axesText(grid, at), layersText(grid, at.stage), bytesText(grid, at.stage)];
  return { color, hover: lines.filter(Boolean).join("\n") };
}

function bytesText(grid: Grid, stage: number): string {
  const bytes = grid.plan.memory?.stages[stage]?.total;
  return bytes === undefined ? "" : `${formatBytes(bytes)} used`;
}

/** A cell for every device; the longer of nodes and devices lies across. */
function deviceDrawing(grid: Grid, brief: boolean): GridDrawing {
  const { nodes, devicesPerNode } = grid.plan.cluster;
  const cell = (node: number, device: number): Cell => deviceCell(grid, node * devicesPerNode + device, brief);
  const deviceLabels = Array.from({ length: devicesPerNode }, (_, device) => String(device));
  const notes = notesOf(grid, 1);
  const words = brief ? { words: ["rank", "stage", "data", "tensor", "expert"] } : {};
  if (nodes.length <= devicesPerNode)
    return {
      cells: nodes.map((_, node) => deviceLabels.map((_, device) => cell(node, device))),
      rowLabels: nodes.map((name, node) => `${node} ${name}`),
      columnLabels: deviceLabels,
      xLabel: "device",
      yLabel: "node",
      notes,
      ...words,
    };
  return {
    cells: deviceLabels.map((_, device) => nodes.map((_, node) => cell(node, device))),
    rowLabels: deviceLabels,
    columnLabels: nodes.map((_, node) => String(node)),
    xLabel: "node",
    yLabel: "device",
    notes,
    ...words,
  };
}

/** Cells of several whole nodes each, wrapped into rows. */
function nodeDrawing(grid: Grid, nodesPerCell: number): GridDrawing {
  const { nodes, devicesPerNode } = grid.plan.cluster;
  const cells = Math.ceil(nodes.length / nodesPerCell);
  const columns = Math.min(cells, 2 ** Math.round(Math.log2(Math.sqrt(cells * 2))));
  const rows = Math.ceil(cells / columns);
  const cell = (index: number): Cell | undefined => {
    if (index >= cells) return undefined;
    const first = index * nodesPerCell;
    const last = Math.min(nodes.length, first + nodesPerCell) - 1;
    const ranks = [first * devicesPerNode, (last + 1) * devicesPerNode - 1] as const;
    const color = colorOf(grid, ranks[0]);
    const span = (from: number, to: number): string => (from === to ? String(from) : `${from}–${to}`);
    const head = [span(first, last), span(...ranks)];
    if (!inMesh(grid, ranks[0])) return { color, hover: [...head, "–", "–"] };
    const [from, to] = [place(grid, ranks[0]), place(grid, Math.min(ranks[1], meshDevices(grid.mesh) - 1))];
    return { color, hover: [...head, span(from.stage, to.stage), span(from.data, to.data)] };
  };
  return {
    cells: Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => cell(row * columns + column)),
    ),
    words: ["node", "ranks", "stage", "data"],
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
    perCell === 1 ? "" : `Every cell is ${perCell} devices; the color is that of the first.`,
    needed === found ? "" : `The mesh needs ${formatCount(needed)} devices, the cluster has ${formatCount(found)}.`,
  ].filter(Boolean);
}

/** As many blocks as the axis has; more than there are colors repeat. */
function blockCount(mesh: Grid["mesh"], axis: Coloring): number {
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

function colorsOf(axis: Coloring, blocks: number): string[] {
  if (axis === "memory")
    return [...Array.from({ length: memoryLevels }, (_, level) => rampColor(level / (memoryLevels - 1))), unused.color];
  const used = axis === "stage" ? Math.min(blocks, 64) : Math.min(blocks, cycleLength);
  const color = (index: number): string =>
    axis === "stage" && blocks > cycleLength ? rampColor(index / Math.max(1, used - 1)) : cycleColor(index);
  return [...Array.from({ length: used }, (_, index) => color(index)), unused.color];
}

const unused: LegendEntry = { label: "not used", color: "#d9d9d9" };

/** Colors that repeat stand for several groups each; courses of colors have a scale instead. */
function legendOf(grid: Grid, blocks: number): LegendEntry[] {
  const { axis, colors, plan, mesh } = grid;
  const rest = meshDevices(mesh) < plan.cluster.devices ? [unused] : [];
  if (scaleOf(grid, blocks) !== undefined) return rest;
  const used = colors.length - 1;
  const entries = colors.slice(0, Math.min(blocks, used)).map((color, index): LegendEntry => {
    const more = index + used < blocks ? `, ${index + used}${index + 2 * used < blocks ? ", …" : ""}` : "";
    return { label: `${axis} ${index}${more}`, color };
  });
  return [...entries, ...rest];
}

function scaleOf({ axis, colors, plan }: Grid, blocks: number): ColorScale | undefined {
  const shares = [0, 0.25, 0.5, 0.75, 1];
  const course = { colors: colors.slice(0, -1) };
  if (axis === "memory")
    return {
      ...course,
      label: "memory",
      ticks: shares.map((share) => ({ share, label: formatBytes(share * memoryTop(plan)) })),
    };
  if (axis !== "stage" || blocks <= cycleLength) return undefined;
  // The middle of a color is where its stage is written.
  const at = (stage: number) => (Math.floor((stage * course.colors.length) / blocks) + 0.5) / course.colors.length;
  const stages = [...new Set(shares.map((share) => Math.round(share * (blocks - 1))))];
  return { ...course, label: "stage", ticks: stages.map((stage) => ({ share: at(stage), label: String(stage) })) };
}

function textOf(grid: Grid, blocks: number): string {
  const { plan, mesh, axis } = grid;
  const size = meshDevices(mesh) / blocks;
  const { devices, nodes } = plan.cluster;
  const lines = [
    `${formatCount(devices, "device")} on ${formatCount(nodes.length, "node")}: ${meshArithmetic(mesh)}`,
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

/** Nodes × devices, colored by the chosen axis; large clusters with a cell for every node or for several nodes. */
export function meshFigure(plan: PlanValues, options: MeshFigureOptions = {}): Figure {
  requireOptions(options, "plan.meshFigure", { names: ["color"], example: 'plan.meshFigure({ color: "data" })' });
  const axis = options.color ?? "stage";
  if (!Object.hasOwn(meanings, axis) || (axis === "memory" && plan.memory === undefined))
    throw new LabError(
      "ARGUMENT_INVALID",
      `meshFigure color: ` +
        `expected ${Object.keys(meanings).join(", ")}${
          axis === "memory" ? " (memory only for models whose size is " + "computed)" : ""
        }, found ${JSON.stringify(axis)}`,
      {
        hint: 'plan.meshFigure({ color: "data" })',
      },
    );
  const mesh = usedMesh(plan.mesh, plan.cluster.devices);
  const blocks = blockCount(mesh, axis);
  const grid: Grid = { plan, axis, mesh, colors: colorsOf(axis, blocks) };
  const { nodes, devices } = plan.cluster;
  const coarse = [1, 2, 4, 8, 16, 32, 64].filter((size) => size === 1 || nodes.length / size >= 64);
  return cellGrid({
    title: `Mesh: ${formatCount(plan.cluster.devices)} devices, colored by ${meanings[axis]}`,
    colors: grid.colors,
    legend: legendOf(grid, blocks),
    scale: scaleOf(grid, blocks),
    text: textOf(grid, blocks),
    drawings: [
      ...(devices <= 512 ? [() => deviceDrawing(grid, false)] : []),
      ...(devices <= 1024 ? [() => deviceDrawing(grid, true)] : []),
      ...coarse.map((size) => () => nodeDrawing(grid, size)),
    ],
  });
}
