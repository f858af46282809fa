import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/**
 * Ids: 0 `<s>`, 1 `</s>`, 2 `<pad>`, then one per printable ASCII character (`a` is 67), newline last: 98. Everything
 * else is `<s>`'s neighbor 1.
 */
export function tinyTokenizer(extra: Readonly<Record<string, unknown>> = {}): string {
  const special = ["<s>", "</s>", "<pad>"];
  const letters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
  const vocab = Object.fromEntries([...special, ...letters, "\n"].map((token, id) => [token, id]));
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: "Split", pattern: { Regex: "[\\s\\S]" }, behavior: "Isolated", invert: false },
    post_processor: null,
    decoder: { type: "Fuse" },
    model: { type: "WordLevel", vocab, unk_token: "</s>" },
    ...extra,
  });
}

/** Id of an ASCII character in the tiny tokenizer. */
export function tinyId(character: string): number {
  return character === "\n" ? 98 : character.charCodeAt(0) - 32 + 3;
}

/** A template post-processor as tokenizer.json holds it: `<s> text </s>` for `before: 0, after: 1`. */
export function templateProcessor(before: number | undefined, after: number | undefined): unknown {
  const names = ["<s>", "</s>", "<pad>"];
  const part = (id: number | undefined) =>
    id === undefined ? [] : [{ SpecialToken: { id: names[id] as string, type_id: 0 } }];
  const text = { Sequence: { id: "A", type_id: 0 } };
  return {
    type: "TemplateProcessing",
    single: [...part(before), text, ...part(after)],
    pair: [text, { Sequence: { id: "B", type_id: 1 } }],
    special_tokens: Object.fromEntries(names.map((name, id) => [name, { id: name, ids: [id], tokens: [name] }])),
  };
}

/** A folder of its own for one test, removed afterwards; `files` are written into it. */
export async function scratchFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lab-data-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}
