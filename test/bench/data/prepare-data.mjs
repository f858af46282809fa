// How fast is prepareData, and how fast is MindFormers' way on the same text in the same run?
//   npm run build && node test/bench/data/prepare-data.mjs [INPUT] [COPIES=10] [ROUNDS=3]
// The text is INPUT (default: the shared validation text of WikiText-2) COPIES times in a row. Wall time from the call to the published
// files, opening the tokenizer and starting the threads included; for Python, imports excluded. Medians; the bytes must be the same.
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { deepseekTokenizer, prepareData } from "../../../dist/src/index.js";

const root = resolve(import.meta.dirname, "../../..");
const shared = process.env.MF_LAB_SHARED ?? resolve(root, "../shared");
const [source = join(shared, "data/wikitext2-valid.txt"), copies = "10", rounds = "3"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "lab-bench-"));
const input = join(folder, "input.txt");
const text = readFileSync(source);
for (let copy = 0; copy < Number(copies); copy++) appendFileSync(input, text);
const megabytes = statSync(input).size / 1e6;
const seqLength = 4096;

async function ours(workers) {
  const output = join(folder, `ours-${workers}`);
  rmSync(`${output}_text_document.manifest.json`, { force: true });
  const started = performance.now();
  const data = await prepareData({ input, tokenizer: deepseekTokenizer(), output, seqLength, workers });
  return { seconds: (performance.now() - started) / 1000, tokens: data.tokens, file: `${data.prefix}.bin` };
}

function reference(workers) {
  const script = join(root, "test/bench/data/reference_path.py");
  const prefix = join(folder, `reference-${workers}`);
  const python = join(root, ".venv/bin/python");
  const args = [script, input, deepseekTokenizer(), prefix, String(seqLength), String(workers)];
  const printed = execFileSync(python, args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"], encoding: "utf8" });
  return { ...JSON.parse(printed.trimEnd().split("\n").at(-1)), file: `${prefix}.bin` };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

try {
  const rows = [];
  for (const workers of [1, 2]) {
    const runs = { ours: [], reference: [] };
    for (let round = 0; round < Number(rounds); round++) {
      runs.ours.push(await ours(workers));
      runs.reference.push(reference(workers));
    }
    const [mine, theirs] = [runs.ours, runs.reference].map((list) => median(list.map(({ seconds }) => seconds)));
    const { tokens, file } = runs.ours[0];
    const same = readFileSync(file).equals(readFileSync(runs.reference[0].file));
    const speed = (seconds) => `${(megabytes / seconds).toFixed(2)} MB/s, ${Math.round(tokens / seconds)} tokens/s`;
    rows.push({
      workers,
      prepareData: speed(mine),
      MindFormers: speed(theirs),
      ratio: +(theirs / mine).toFixed(2),
      same,
    });
  }
  console.log(`${megabytes.toFixed(1)} MB of text, ${availableParallelism()} processors, Node ${process.version}`);
  console.table(rows);
  console.log(`largest memory of this process: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
