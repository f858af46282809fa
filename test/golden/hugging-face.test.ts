import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open/open.js";
import { temporaryFolder } from "../support/checkpoint-folder.js";
import { tinyConfig, tinyGolden, tinyModels, tinyWeights } from "../support/tiny-models.js";

// To make the expected files anew: npx vitest run --config test/vitest.config.ts --project fast golden --update; then
// campaign/checkpoint/logits has to agree, where transformers reads the same folder.
test.each(tinyModels)(
  "$name becomes the config and tensors from which transformers computed the golden logits",
  async (tiny) => {
    const folder = await temporaryFolder();
    const [source, output] = [join(folder, "source.safetensors"), join(folder, "model")];
    await writeFile(source, tinyWeights(tiny));
    const config = (await tinyConfig(tiny)).get("model.model_config") as Record<string, unknown>;
    await (await (await openCheckpoint(source)).toHuggingFace({ output, config })).run();
    const written = await openCheckpoint(output);
    const lines = [...(await written.tensors())].map(async ({ name, dtype, shape }) => {
      const values = Float32Array.from(await written.values(name), Number);
      return `${name} ${dtype} [${shape.join(", ")}] ${crc32(new Uint8Array(values.buffer)).toString(16)}`;
    });
    const tensors = `${(await Promise.all(lines)).sort().join("\n")}\n`;
    await expect(tensors).toMatchFileSnapshot(join(tinyGolden, `${tiny.name}-tensors.txt`));
    const text = await readFile(join(output, "config.json"), "utf8");
    await expect(text).toMatchFileSnapshot(join(tinyGolden, `${tiny.name}-config.txt`));
  },
);
