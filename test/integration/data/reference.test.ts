import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deepseekTokenizer, sampleCorpus } from "../../../src/data/bundled.js";
import { mergeDatasets } from "../../../src/data/merge.js";
import { prepareData } from "../../../src/data/prepare.js";
import { splitDataset } from "../../../src/data/split.js";
import { sharedFile } from "../../support/project-python.js";
import { PythonSession } from "../../support/python-session.js";

// prepareData against MindFormers itself: its cleaning function, its tokenizer class and its IndexedDatasetBuilder
// (oracle.py), and its IndexedDataset and GPTDataset as readers (read_back.py); one Python process for all
// (reference_session.py).

type Mode = "stitch" | "pad";
interface Job {
  readonly prefix: string;
  readonly seqLength: number;
  readonly mode: Mode;
}
interface Oracle {
  readonly pieces: number;
  readonly tokens: number;
  readonly padFailure: string;
}

// What the rules, the decoder and the pre-tokenizer could disagree about.
const awkward = [
  "\ufeff A text that begins with a byte order mark \r\n with \r\n Windows lines ( and \r old Mac ones ) . ",
  ' An " unpaired quote \n \n reaches " over " paragraphs \n \n " to the end ',
  " = = Heading = = ",
  " dogs ' tails and ' cats ' and it 's [ a ] { b } /' 5/ ",
  " U+0085 \u0085(\u0085x\u0085)\u0085 and \u001c\u001d ( \u00a0y\u2003 ) zero\u200bwidth ",
  " emoji 😀 👩‍👩‍👧 é e\u0301 中文字 日本語カタカナ العربية \u0000 NUL \u007f ",
  " <｜User｜> <|EOT|> <｜begin▁of▁sentence｜> <｜fim▁hole｜> <s> <unk> ",
  " 1 @,@ 234 @.@ 5 @-@ 6 1234567 20 \u00b0 C N 12 ",
  "\n\n \n \n\n   \t  \n\n",
  ` ${"word ".repeat(3000)}( never closed   `,
].join("\n");

let folder: string;
let mindformers: PythonSession;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-reference-"));
  mindformers = new PythonSession("integration/data/reference_session.py", [], folder);
});
afterAll(async () => {
  mindformers.close();
  await rm(folder, { recursive: true, force: true });
});

function oracle(input: string, jobs: readonly Job[]): Promise<Oracle> {
  return mindformers.ask(["prepare", input, deepseekTokenizer(), jobs]);
}

async function expectSameFiles(prefix: string, reference: string): Promise<void> {
  for (const ending of [".bin", ".idx"]) {
    const [ours, theirs] = [await readFile(prefix + ending), await readFile(reference + ending)];
    expect(ours.byteLength, ending).toBe(theirs.byteLength);
    expect(ours.equals(theirs), `${prefix}${ending} differs from ${reference}${ending}`).toBe(true);
  }
}

const cases = (["stitch", "pad"] as const).flatMap((mode) =>
  [4096, 128].map((seqLength) => ({ mode, seqLength, name: `${mode}-${seqLength}` })),
);

describe("the validation text of WikiText-2 with DeepSeek-V3's tokenizer", () => {
  let input: string;
  let facts: Oracle;
  beforeAll(async () => {
    input = sharedFile("data/wikitext2-valid.txt");
    facts = await oracle(
      input,
      cases.map(({ mode, seqLength, name }) => ({ mode, seqLength, prefix: join(folder, `reference-${name}`) })),
    );
  });

  const runs = cases.flatMap((one) => [1, 2].map((workers) => ({ ...one, workers })));
  it.each(runs)(
    "gives the bytes that MindFormers writes: $mode, seqLength $seqLength, workers $workers",
    async (one) => {
      const { mode, seqLength, workers, name } = one;
      const output = join(folder, `ours-${name}-${workers}`);
      const data = await prepareData({ input, tokenizer: deepseekTokenizer(), output, seqLength, mode, workers });
      await expectSameFiles(data.prefix, join(folder, `reference-${name}`));
      expect(data.manifest?.counts.pieces).toBe(facts.pieces);
    },
  );

  it("holds the tokens that MindFormers counts", async () => {
    const output = join(folder, "ours-stitch-4096-1");
    const data = await prepareData({ input, tokenizer: deepseekTokenizer(), output, seqLength: 4096 });
    expect(data.notes[0]).toMatch(/^unchanged/);
    const { tokens, dropped } = data.manifest?.counts ?? { tokens: 0, dropped: 0 };
    expect(tokens + dropped).toBe(facts.tokens);
  });

  it("pads where MindFormers' script can't: its pad token is never set, and None is no token", () => {
    expect(facts.padFailure).toBe("TypeError");
  });
});

describe.each([
  ["awkward text", () => writeFile(join(folder, "awkward.txt"), awkward).then(() => join(folder, "awkward.txt"))],
  ["the sample corpus", async () => sampleCorpus()],
])("%s", (name, input) => {
  it("gives the bytes that MindFormers writes", async () => {
    const source = await input();
    const jobs = (["stitch", "pad"] as const).map((mode) => ({
      mode,
      seqLength: 16,
      prefix: join(folder, `reference ${name} ${mode}`),
    }));
    await oracle(source, jobs);
    for (const { mode, seqLength, prefix } of jobs) {
      const output = join(folder, `ours ${name} ${mode}`);
      const data = await prepareData({ input: source, tokenizer: deepseekTokenizer(), output, seqLength, mode });
      await expectSameFiles(data.prefix, prefix);
    }
  });
});

interface ReadBack {
  readonly sequences: number;
  readonly tokens: number;
  readonly sha256: string;
  readonly samples: readonly { readonly ids: readonly number[]; readonly labels: readonly number[] }[];
}

describe("MindFormers in training", () => {
  const output = () => join(folder, "read");
  const prepare = (seqLength: number) =>
    prepareData({ input: sampleCorpus(), tokenizer: deepseekTokenizer(), output: output(), seqLength });
  const readBack = (prefix: string, seqLength: number) => mindformers.ask<ReadBack>(["read", prefix, seqLength, 40]);

  it("reads every sequence and draws its samples from our files, also after they were made again", async () => {
    for (const seqLength of [128, 64]) {
      const data = await prepare(seqLength);
      const { items } = await data.sample(data.sequences);
      const ids = Int32Array.from(items.flatMap((item) => item.ids));
      const read = await readBack(data.prefix, seqLength);
      expect(read).toMatchObject({ sequences: data.sequences, tokens: data.tokens });
      expect(read.sha256).toBe(createHash("sha256").update(new Uint8Array(ids.buffer)).digest("hex"));
      for (const sample of read.samples) expect(sample.labels.slice(0, -1)).toEqual(sample.ids.slice(1));
    }
  });

  it("leaves index files behind that the next preparation removes, since they would not fit", async () => {
    const prefix = `${output()}_text_document`;
    const cache = join(prefix, "cache", "GPTDataset_indices");
    expect(await readdir(cache)).toHaveLength(4);
    const data = await prepare(32);
    expect(data.notes[1]).toMatch(/removed 4 index files/);
    expect(existsSync(cache)).toBe(false);
  });
});

describe("merging", () => {
  it("gives the bytes that IndexedDatasetBuilder.add_index gives, for documents of one and of several sequences", async () => {
    const prefixes = ["m0", "m1", "m2"].map((name) => join(folder, name));
    const theirs = join(folder, "merged-theirs");
    const made = await mindformers.ask<number>(["merge", theirs, prefixes]);
    const ours = await mergeDatasets(prefixes, join(folder, "merged-ours"));
    expect(ours.documents).toBe(made);
    expect(ours.notes).toContain(`${prefixes[0]} holds no documents`);
    await expectSameFiles(ours.prefix, theirs);
    const parts = await splitDataset(ours, { shares: { a: 0.3, b: 0.7 }, output: join(folder, "split") });
    const again = await mergeDatasets(Object.values(parts), join(folder, "merged-again"));
    await expectSameFiles(again.prefix, theirs);
  });
});
