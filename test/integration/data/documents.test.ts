import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deepseekTokenizer, sampleCorpus } from "../../../src/data/bundled.js";
import type { PrepareOptions } from "../../../src/data/prepare/options.js";
import { prepareData } from "../../../src/data/prepare.js";
import { runPython } from "../../support/project-python.js";

// prepareData for JSON lines against MindFormers: its way of opening a tokenizer and its IndexedDatasetBuilder
// (documents_oracle.py), for five kinds of tokenizers, every mode, and text that is easy to get wrong.

const awkward: readonly unknown[] = [
  "A plain document.",
  'An " unpaired quote\n\nreaches " over " paragraphs\n\n " to the end',
  "U+0085 \u0085x\u0085 and \u001c\u001d \u00a0 \u2028 \u2003 \ufeff zero\u200bwidth",
  "Windows\r\nlines and\rold Mac ones \t tab",
  "emoji 😀 👩‍👩‍👧 é e\u0301 中文字 日本語カタカナ हिन्दी العربية",
  "NUL \u0000 and DEL \u007f and \u0001",
  "<｜User｜> <|EOT|> <｜begin▁of▁sentence｜> <s> </s> <unk> [CLS] <|end|>",
  ["several", "texts in ", "one document"],
  ["", "x", ""],
  "1234567 ½ don't I'LL ſ's   ",
  "   ",
  "\n\n \n",
];
// Escapes as Python's json.dumps writes them, a key twice, NaN beside the text, spaces, other keys.
const raw = [
  '{"text": "\\u00e9\\ud83d\\ude00 \\u4e2d \\/ \\u0000"}',
  '{"text": "first", "text": "second", "score": NaN, "more": [-Infinity, 1e999]}',
  ' {"id": 7, "title": "a title", "text": "between"} \t',
];
const withEmpty = ["", [], "after nothing"];

const json = (value: unknown) => JSON.stringify({ title: "t", text: value });
const kinds = ["deepseek", "llama", "llama3", "wordpiece", "unigram"] as const;

interface Job {
  readonly name: string;
  readonly input: string;
  readonly kind: (typeof kinds)[number];
  readonly mode: "documents" | "stitch" | "pad";
  readonly more?: Partial<PrepareOptions> & { readonly seqLength?: number };
}

const jobs: readonly Job[] = [
  ...kinds.flatMap((kind): Job[] => [
    { name: `${kind} documents`, input: "awkward.jsonl", kind, mode: "documents" },
    { name: `${kind} appendEod`, input: "awkward.jsonl", kind, mode: "documents", more: { appendEod: true } },
    { name: `${kind} stitch`, input: "plain.jsonl", kind, mode: "stitch", more: { seqLength: 32, appendEod: true } },
  ]),
  { name: "wordpiece pad", input: "plain.jsonl", kind: "wordpiece", mode: "pad", more: { seqLength: 24 } },
  { name: "unigram pad", input: "plain.jsonl", kind: "unigram", mode: "pad", more: { seqLength: 24 } },
  { name: "llama3 uint16", input: "awkward.jsonl", kind: "llama3", mode: "documents", more: { dtype: "uint16" } },
  {
    name: "wordpiece title",
    input: "plain.jsonl",
    kind: "wordpiece",
    mode: "documents",
    more: { jsonKeys: ["title"] },
  },
  // Without special tokens around it a document may be empty: DeepSeek's tokenizer puts BOS, unigram's EOS; here the
  // text alone.
  {
    name: "llama3 empty documents",
    input: "empty.jsonl",
    kind: "llama3",
    mode: "documents",
    more: { appendEod: true },
  },
  { name: "deepseek 50 MB line", input: "long.jsonl", kind: "deepseek", mode: "documents" },
];

let folder: string;
const path = (...parts: string[]) => join(folder, ...parts);
const tokenizer = (kind: Job["kind"]) => (kind === "deepseek" ? dirname(deepseekTokenizer()) : path(kind));
const key = ({ more }: Job) => more?.jsonKeys?.[0] ?? "text";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-documents-"));
  const corpus = await readFile(sampleCorpus(), "utf8");
  const plain = corpus.split("\n").filter((line) => line.trim() !== "");
  await writeFile(path("train.txt"), plain.join("\n"));
  await writeFile(path("plain.jsonl"), plain.map((line) => `${json(line)}\n`).join(""));
  await writeFile(path("awkward.jsonl"), [...awkward.map(json), ...raw].join("\n"));
  await writeFile(path("empty.jsonl"), `${withEmpty.map(json).join("\r\n")}\r\n`);
  // One line of 50 MB: the corpus at both ends, between them long words that are one token each, for which
  // MindFormers' tokenizer needs half the time of the corpus's own.
  const whole = plain.join(" ");
  const { model } = JSON.parse(await readFile(deepseekTokenizer(), "utf8")) as {
    model: { vocab: Record<string, number> };
  };
  const words = `${Object.keys(model.vocab)
    .flatMap((token) => /^Ġ([a-z]{15,})$/.exec(token)?.[1] ?? [])
    .join(" ")} `;
  const middle = words.repeat(Math.ceil((50e6 - 2 * Buffer.byteLength(whole)) / words.length));
  await writeFile(path("long.jsonl"), `${json("before")}\n${json(`${whole} ${middle}${whole}`)}\n${json("after")}\n`);
  const described = jobs.map((job) => ({
    ...{ input: path(job.input), tokenizer: tokenizer(job.kind), prefix: path(`${job.name} reference`) },
    ...{ key: key(job), mode: job.mode, ...job.more },
  }));
  await runPython("integration/data/documents_oracle.py", [JSON.stringify(described), folder], folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const runs = jobs.flatMap((job) =>
  (job.name.includes("50 MB") ? [2] : [1, 2, 7]).map((workers) => ({ ...job, workers })),
);

describe("JSON lines", () => {
  it.each(runs)("become the bytes that MindFormers writes: $name, workers $workers", async ({ workers, ...job }) => {
    const data = await prepareData({
      input: path(job.input),
      tokenizer: tokenizer(job.kind),
      output: path(`${job.name} ${workers}`),
      mode: job.mode,
      workers,
      chunkBytes: 2048,
      ...job.more,
    });
    for (const ending of [".bin", ".idx"]) {
      const [ours, theirs] = [
        await readFile(data.prefix + ending),
        await readFile(path(`${job.name} reference${ending}`)),
      ];
      expect(ours.equals(theirs), `${ending} has ${ours.length} bytes, expected ${theirs.length}`).toBe(true);
    }
  });
});
