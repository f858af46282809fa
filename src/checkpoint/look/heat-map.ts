import { formatCount } from "../../core/units.js";
import { bitsOf, decodeElements } from "../../formats/dtype.js";
import type { Figure } from "../../view/charts/figure.js";
import { cellGrid } from "../../view/charts/kinds/cell-grid.js";
import { rampColor } from "../../view/charts/palette.js";
import { formatNumber } from "../../view/text.js";
import type { PartReader } from "../read/read-region.js";
import { rowBlocks } from "../read/row-blocks.js";
import type { GlobalTensor } from "../read/tensor-index.js";

/** Root mean square of blocks of a tensor; dimensions before the last are one axis of rows. */
export interface Heat {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** By row of blocks; NaN where a block holds a value that is not finite. */
  readonly cells: readonly (readonly number[])[];
}

const most = { rows: 48, columns: 72 };

/** Reads the whole tensor once, in blocks. */
export async function measureHeat(
  tensor: GlobalTensor,
  reader: PartReader,
  signal: AbortSignal | undefined,
): Promise<Heat> {
  const { name, shape, dtype } = tensor;
  const elements = shape.reduce((product, size) => product * size, 1);
  const columns = shape.length > 1 ? (shape.at(-1) ?? 1) : Math.max(1, Math.ceil(Math.sqrt(elements)));
  const rows = Math.ceil(elements / Math.max(1, columns));
  const [down, across] = [Math.min(rows, most.rows), Math.min(columns, most.columns)];
  const sums = new Float64Array(down * across);
  const counts = new Float64Array(down * across);
  for await (const { bytes, at } of rowBlocks(tensor, reader, { signal })) {
    const decoded = decodeElements(bytes, dtype) ?? new Float64Array(0);
    const values = decoded instanceof Float64Array ? decoded : Float64Array.from(decoded, Number);
    let index = (at * 8) / bitsOf(dtype);
    for (let done = 0; done < values.length; ) {
      const row = Math.floor(index / columns);
      const column = index - row * columns;
      const block = Math.floor((column * across) / columns);
      const end = Math.ceil(((block + 1) * columns) / across);
      const run = values.subarray(done, done + end - column);
      const cell = Math.floor((row * down) / rows) * across + block;
      let sum = 0;
      for (let i = 0; i < run.length; i++) sum += (run[i] as number) * (run[i] as number);
      sums[cell] = (sums[cell] as number) + sum;
      counts[cell] = (counts[cell] as number) + run.length;
      index += run.length;
      done += run.length;
    }
  }
  const cells = Array.from({ length: down }, (_, row) =>
    Array.from({ length: across }, (_, column) => {
      const at = row * across + column;
      const mean = (sums[at] as number) / Math.max(1, counts[at] as number);
      return Number.isFinite(mean) ? Math.sqrt(mean) : Number.NaN;
    }),
  );
  return { name, rows, columns, cells };
}

const levels = 24;
const notFinite = "#d62728";

/** Colored cells from zero (dark) to the largest block (light); blocks with NaN or infinities are red. */
export function heatMapFigure({ name, rows, columns, cells }: Heat): Figure {
  const highest = cells.flat().reduce((top, value) => (value > top ? value : top), 0);
  const colors = [...Array.from({ length: levels }, (_, i) => rampColor(i / (levels - 1))), notFinite];
  const colorOf = (value: number) =>
    Number.isNaN(value) ? levels : Math.min(levels - 1, Math.floor((value / (highest || 1)) * levels));
  const bad = cells.flat().filter(Number.isNaN).length;
  const range = (index: number, count: number, total: number) => {
    const [from, to] = [Math.ceil((index * total) / count), Math.ceil(((index + 1) * total) / count)];
    return to - from > 1 ? `${from}–${to - 1}` : String(from);
  };
  const down = cells.length;
  const across = cells[0]?.length ?? 0;
  return cellGrid({
    title: `${name}: ${formatCount(rows)} × ${formatCount(columns)}, root mean square of each block`,
    colors,
    legend: bad > 0 ? [{ label: "NaN or infinite", color: notFinite }] : [],
    scale: {
      label: "RMS",
      colors: colors.slice(0, levels),
      ticks: [
        { share: 0, label: "0" },
        { share: 1, label: formatNumber(Number(highest.toPrecision(3))) },
      ],
    },
    text: heatText(cells, highest),
    drawings: [
      () => ({
        cells: cells.map((line, row) =>
          line.map((value, column) => ({
            color: colorOf(value),
            hover: `rows ${range(row, down, rows)}, columns ${range(column, across, columns)}: ${formatNumber(value)}`,
          })),
        ),
        rowLabels: cells.map((_, row) => range(row, down, rows)),
        columnLabels: Array.from({ length: across }, (_, column) => range(column, across, columns)),
        xLabel: "column",
        yLabel: "row",
        notes: bad > 0 ? [`${formatCount(bad, "block")} with NaN or infinite values`] : [],
      }),
    ],
  });
}

const shades = " ░▒▓█";

/** At most 24 lines of shaded characters; `!` stands for values that are not finite. */
function heatText(cells: Heat["cells"], highest: number): string {
  const step = Math.max(1, Math.ceil(cells.length / 24));
  const lines = cells.filter((_, row) => row % step === 0);
  return lines
    .map((line) =>
      line
        .map((value) => (Number.isNaN(value) ? "!" : shades[Math.min(4, Math.ceil((value / (highest || 1)) * 4))]))
        .join(""),
    )
    .join("\n");
}
