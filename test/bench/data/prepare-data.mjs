// How fast is prepareData, and how fast are others on the same text with the same number of threads, in the same run?
//   npm run build && node test/bench/data/prepare-data.mjs [--megabytes 10] [--rounds 3] [--only ours,script,tokenizers,gigatoken]
// "script": MindFormers' preparation script (reference_path.py). "tokenizers": Python's Tokenizer.encode_batch. "gigatoken": PyPI's
// gigatoken, if GIGATOKEN_PYTHON names a Python that has it. The text is the shared validation text of WikiText-2 as often as it takes. Every
// run is a process of its own; per library the median of the rounds. ours and script: wall time from the call to the finished files, start
// included ("tokens/CPU s" counts the processor time of all threads and processes, which a busy machine does not change); tokenizers and gigatoken: the encoding alone. The bytes of ours and of the script must be the same.
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { deepseekTokenizer } from "../../../dist/src/index.js";

const { values } = parseArgs({
  options: {
    megabytes: { type: "string", default: "10" },
    rounds: { type: "string", default: "3" },
    workers: { type: "string", default: "1,2" },
    only: { type: "string", default: "ours,script,tokenizers,gigatoken" },
  },
});
const root = resolve(import.meta.dirname, "../../..");
const source = readFileSync(join(process.env.MF_LAB_SHARED ?? resolve(root, "../shared"), "data/wikitext2-valid.txt"));
const folder = mkdtempSync(join(tmpdir(), "lab-bench-"));
const input = join(folder, "input.txt");
for (let bytes = 0; bytes < Number(values.megabytes) * 1e6; bytes += source.length) appendFileSync(input, source);
const megabytes = statSync(input).size / 1e6;
const seqLength = "4096";
const script = (name) => join(root, "test/bench/data", name);

function run(program, args) {
  const printed = execFileSync(program, args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"], encoding: "utf8" });
  return JSON.parse(printed.trimEnd().split("\n").at(-1));
}

const python = join(root, ".venv/bin/python");
const libraries = {
  ours(workers) {
    rmSync(join(folder, "ours"), { recursive: true, force: true });
    return run(process.execPath, [script("own-run.mjs"), input, join(folder, "ours", "x"), seqLength, workers]);
  },
  script(workers) {
    const prefix = join(folder, "script");
    const found = run(python, [script("reference_path.py"), input, deepseekTokenizer(), prefix, seqLength, workers]);
    return { ...found, file: `${prefix}.bin` };
  },
  tokenizers: (workers) => run(python, [script("encode_batch.py"), "tokenizers", input, deepseekTokenizer(), workers]),
  gigatoken: (workers) =>
    run(process.env.GIGATOKEN_PYTHON, [script("encode_batch.py"), "gigatoken", input, deepseekTokenizer(), workers]),
};
const wanted = values.only.split(",").filter((name) => name !== "gigatoken" || process.env.GIGATOKEN_PYTHON);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  const rows = [];
  for (const workers of values.workers.split(",")) {
    const runs = Object.fromEntries(wanted.map((name) => [name, []]));
    for (let round = 0; round < Number(values.rounds); round++)
      for (const name of wanted) runs[name].push(libraries[name](workers));
    const speed = (name) => median(runs[name].map(({ tokens, seconds }) => tokens / seconds));
    for (const name of wanted) {
      const peak = median(runs[name].map(({ peakMiB }) => peakMiB));
      const perCpu = median(runs[name].map(({ tokens, cpuSeconds }) => tokens / cpuSeconds));
      const ratio = runs.ours ? `${(speed("ours") / speed(name)).toFixed(1)} ×` : "";
      rows.push({
        workers,
        library: name,
        "tokens/s": Math.round(speed(name)),
        "tokens/CPU s": Math.round(perCpu),
        "peak MiB": Math.round(peak),
        ratio,
      });
    }
    if (runs.ours && runs.script) {
      const same = readFileSync(runs.ours[0].file).equals(readFileSync(runs.script[0].file));
      if (!same) throw new Error("the bytes of prepareData and of the script differ");
    }
  }
  console.log(`${megabytes.toFixed(1)} MB of text, ${availableParallelism()} processors, Node ${process.version}`);
  console.table(rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
