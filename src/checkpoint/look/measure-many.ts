import { formatCount } from "../../core/units.js";
import { jupyterHost } from "../../view/display-contract.js";
import { openProgress } from "../../view/show.js";
import { nameMatcher } from "../read/match.js";
import type { StoredPoint } from "../read/stored-point.js";
import { measureTensor, type TensorStatistics } from "./statistics.js";
import type { StatisticsFile } from "./statistics-file.js";

export interface MeasureOptions {
  readonly match?: string | RegExp;
  readonly signal?: AbortSignal;
  readonly file: StatisticsFile;
}

const collator = new Intl.Collator("en", { numeric: true });

/** Statistics of many tensors, each read once at most; the new ones are stored together. */
export async function measureMany(stored: StoredPoint, options: MeasureOptions): Promise<TensorStatistics[]> {
  const { match, file } = options;
  const signal = options.signal ?? jupyterHost()?.signal;
  const matches = nameMatcher(match);
  const wanted = [...(await stored.index(signal)).values()].filter(({ name }) => matches(name));
  wanted.sort((a, b) => collator.compare(a.name, b.name));
  const progress = openProgress({ title: "measuring", total: wanted.length, unit: "tensors" });
  const all: TensorStatistics[] = [];
  const fresh: TensorStatistics[] = [];
  try {
    await stored.withPool(async (pool) => {
      for (const [index, tensor] of wanted.entries()) {
        const known = await file.get(tensor.name);
        const found = known ?? (await measureTensor(tensor, pool, { signal }));
        if (known === undefined) fresh.push(found);
        all.push(found);
        progress.update(index + 1);
      }
    });
  } finally {
    if (fresh.length > 0) await file.add(fresh);
    progress.finish(`measured ${formatCount(all.length, "tensor")}`);
  }
  return all;
}
