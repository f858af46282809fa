// How fast is prepareData, and how fast are others on the same text with the same number of threads, in the same run?
//   npm run build && node test/bench/data/prepare-data.mjs [--megabytes 10] [--workers 1,2] [--rounds 3] [--only
//   ours,encoder,script,tokenizers,gigatoken]
// "ours": prepareData, text → published files. "encoder": its encoder alone. "script": MindFormers' preparation script
// (reference_path.py), text → files.
// "tokenizers": Python's Tokenizer.encode_batch; "gigatoken": PyPI's gigatoken, if GIGATOKEN_PYTHON names a Python that
// has it: encoding alone, of the same texts as "encoder". The text is the shared validation text of WikiText-2 as often
// as it takes. Every run is a process of its own, the libraries take turns; medians. What takes long runs less often,
// at least once per number of workers; the table says how often. (500 MB of all but "script": about 20 minutes.)
//   s, CPU s: ours and script from the call to the finished files (imports not counted); the others encoding alone
//   (opening and reading not counted). whole s, whole CPU s: the process from start to end, imports and opening
//   included.
// Ratios are tokens per second, and tokens per processor second, of "ours" (second table: of "encoder") to those of the
// library. Processor seconds are those of all threads and processes: a busy machine changes them less than wall time.
// The bytes of ours and of the script must be the same.
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
    only: { type: "string", default: "ours,encoder,script,tokenizers,gigatoken" },
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
/** Megabytes per second and thread, roughly. */
const expected = { ours: 10, encoder: 25, script: 0.08, tokenizers: 1.5, gigatoken: 8 };
/** Seconds that the rounds of one library with one thread should take at most. */
const enough = 150;

function run(program, args) {
  const env = { ...process.env, BENCH_STARTED: String(Date.now()) };
  const printed = execFileSync(program, args, {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "ignore"],
    encoding: "utf8",
  });
  return JSON.parse(printed.trimEnd().split("\n").at(-1));
}

const python = join(root, ".venv/bin/python");
const libraries = {
  ours(workers) {
    rmSync(join(folder, "ours"), { recursive: true, force: true });
    return run(process.execPath, [script("own-run.mjs"), input, join(folder, "ours", "x"), seqLength, workers]);
  },
  encoder: (workers) => run(process.execPath, [script("own-encode.mjs"), input, deepseekTokenizer(), workers]),
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
const roundsOf = (name) =>
  Math.max(1, Math.min(Number(values.rounds), Math.floor((enough * expected[name]) / megabytes)));

function measure(workers) {
  const runs = Object.fromEntries(wanted.map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++)
    for (const name of wanted) if (round < roundsOf(name)) runs[name].push(libraries[name](workers));
  if (runs.ours && runs.script) {
    const same = readFileSync(runs.ours[0].file).equals(readFileSync(runs.script[0].file));
    if (!same) throw new Error("the bytes of prepareData and of the script differ");
  }
  return Object.fromEntries(wanted.map((name) => [name, { name, workers, ...medians(runs[name]) }]));
}

function medians(runs) {
  const of = (value) => median(runs.map(value));
  return {
    runs: runs.length,
    tokens: runs[0].tokens,
    seconds: of(({ seconds }) => seconds),
    cpu: of(({ cpuSeconds }) => cpuSeconds),
    whole: of(({ whole }) => whole),
    wholeCpu: of(({ wholeCpu }) => wholeCpu),
    peak: of(({ peakMiB }) => peakMiB),
  };
}

function row({ name, workers, runs, tokens, seconds, cpu, whole, wholeCpu, peak }) {
  return {
    workers,
    library: name,
    runs,
    tokens,
    s: +seconds.toFixed(2),
    "CPU s": +cpu.toFixed(2),
    "tokens/s": Math.round(tokens / seconds),
    "tokens/CPU s": Math.round(tokens / cpu),
    "whole s": +whole.toFixed(2),
    "whole CPU s": +wholeCpu.toFixed(2),
    "peak MiB": Math.round(peak),
  };
}

/** How many times as fast `ours` is as `other`. */
function ratio(ours, other) {
  const times = (seconds, others) => `${(ours.tokens / seconds / (other.tokens / others)).toFixed(1)} ×`;
  return {
    workers: ours.workers,
    what: `${ours.name} : ${other.name}`,
    "per second": times(ours.seconds, other.seconds),
    "per CPU second": times(ours.cpu, other.cpu),
    "whole process, per second": times(ours.whole, other.whole),
    "whole process, per CPU second": times(ours.wholeCpu, other.wholeCpu),
  };
}

try {
  const found = values.workers.split(",").map(measure);
  console.log(`${megabytes.toFixed(1)} MB of text, ${availableParallelism()} processors, Node ${process.version}`);
  console.table(found.flatMap((one) => Object.values(one).map(row)));
  const pairs = ["ours", "encoder"].flatMap((mine) =>
    ["script", "tokenizers", "gigatoken"].map((other) => [mine, other]),
  );
  const ratios = found.flatMap((one) =>
    pairs.filter((pair) => pair.every((name) => one[name])).map(([mine, other]) => ratio(one[mine], one[other])),
  );
  if (ratios.length > 0) console.table(ratios);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
