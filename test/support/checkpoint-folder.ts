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

/**
 * Writes `rank_<rank>/<prefix>_rank_<rank>-<point>.safetensors` and `meta.json`, which names it as the newest; `point`
 * is `"1_100"`.
 */
export async function saveRank(
  folder: string,
  { rank, point, bytes }: { readonly rank: number; readonly point: string; readonly bytes: Uint8Array },
): Promise<string> {
  const place = join(folder, `rank_${rank}`);
  await mkdir(place, { recursive: true });
  const name = `deepseekv3_rank_${rank}-${point}.safetensors`;
  const path = join(place, name);
  await writeFile(path, bytes);
  const [epoch, step] = point.split("_").map(Number);
  const meta = { last_epoch: epoch, last_step: step, last_ckpt_file: name };
  await writeFile(join(place, "meta.json"), JSON.stringify(meta));
  return path;
}

/** Two ranks of the 1.9 layout: `w` in two slices, `b` on both ranks. */
export async function iterationFolder(): Promise<string> {
  const root = await temporaryFolder();
  const folder = join(root, "iteration_00000020");
  await mkdir(folder);
  for (const rank of [0, 1]) {
    const tensors = { w: { ...floats(rank * 2, rank * 2 + 1), shape: [1, 2] }, b: floats(9) };
    await writeFile(join(folder, `tiny-model-000000${rank}-0000002.safetensors`), safetensorsFile(tensors));
  }
  const place = (rank: number) => ({ file_name: `tiny-model-000000${rank}-0000002.safetensors`, storage_rank: rank });
  const metadata = {
    state_dict_metadata: {
      w: {
        global_shape: [2, 2],
        chunk: [
          { global_offset: [0, 0], local_shape: [1, 2] },
          { global_offset: [1, 0], local_shape: [1, 2] },
        ],
      },
      b: { global_shape: [1], chunk: [{ global_offset: [0], local_shape: [1] }] },
    },
    storage_data: { "('w', (0, 0))": [place(0)], "('w', (1, 0))": [place(1)], "('b', (0,))": [place(0), place(1)] },
  };
  await writeFile(join(folder, "metadata.json"), JSON.stringify(metadata));
  const common = { epoch_num: 1, step_num: 20, global_step: 20, loss_scale: 1, global_batch_size: 4 };
  await writeFile(join(folder, "common.json"), JSON.stringify(common));
  await writeFile(join(root, "latest_checkpointed_iteration.txt"), "20");
  return root;
}
