import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { floats, integer, safetensorsFile, type TensorSpec } from "./safetensors-file.js";

/** An empty folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "checkpoints-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A small checkpoint as MindFormers writes it: two weights with their moments, counters inside. */
export function checkpointFile(step: number, more: Readonly<Record<string, TensorSpec>> = {}): Uint8Array {
  const tensors = {
    "decoder.layers.0.weight": { ...floats(1, 2, 3, 4), shape: [2, 2] },
    "decoder.layers.1.weight": { ...floats(5, 6, 7, 8), shape: [2, 2] },
    "adam_m.decoder.layers.0.weight": { ...floats(0, 0, 0, 0), shape: [2, 2] },
    "adam_v.decoder.layers.0.weight": { ...floats(0, 0, 0, 0), shape: [2, 2] },
    epoch_num: integer(1),
    step_num: integer(step),
    global_batch_size: integer(4),
    loss_scale: { ...floats(1), shape: [] },
    ...more,
  };
  return safetensorsFile(tensors, { metadata: { format: "ms", remove_redundancy: "False" } });
}

/** Writes `rank_<rank>/<prefix>_rank_<rank>-<point>.safetensors`; `point` is `"1_100"`. */
export async function saveRank(
  folder: string,
  { rank, point, bytes }: { readonly rank: number; readonly point: string; readonly bytes: Uint8Array },
): Promise<string> {
  const place = join(folder, `rank_${rank}`);
  await mkdir(place, { recursive: true });
  const path = join(place, `deepseekv3_rank_${rank}-${point}.safetensors`);
  await writeFile(path, bytes);
  return path;
}
