// How fast are the engine's training indices built here, and how fast by MindFormers itself (numpy and its C++ helper)
// for the same dataset?
//   npm run build && node test/bench/data/index.mjs [DOCUMENTS=10000000] [ROUNDS=5] [EPOCHS=1,2.5]
// A dataset of documents of 50 to 949 tokens, one epoch and two and a half. Ours and theirs in turn, in processes of
// their own; the first build of a process is left out of the medians on both sides. Only building is timed: the index
// file is open, the cache is off. Seconds are processor time of the whole process (both sides use one thread; ours
// includes the compiler's and the collector's), so that other work on the machine counts less.
// "our sample rows" is the whole build less filling and shuffling documents and samples alone: here lengths are
// shuffled with the documents.
import { execFileSync } from "node:child_process";
import { mkdtempSync, openSync, rmSync, truncateSync, writeSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildGptIndices } from "../../../dist/src/data/gpt-index/indices.js";
import { RandomState } from "../../../dist/src/data/gpt-index/random-state.js";
import { encodeMegatronIndex } from "../../../dist/src/formats/megatron.js";

const root = resolve(import.meta.dirname, "../../..");
const seqLength = 1024;

function lengthsOf(documents) {
  const lengths = new Int32Array(documents);
  let state = 1;
  for (let i = 0; i < documents; i++) {
    state = (Math.imul(state, 1103515245) + 12345) | 0;
    lengths[i] = 50 + ((state >>> 16) % 900);
  }
  return lengths;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function processorSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** What numpy does in the reference: fills and shuffles the documents and the samples, without any lengths. */
function shuffleOnly({ documents, epochs }) {
  const random = new RandomState(1234);
  const { separateFinalEpoch, samplesBeforeFinalEpoch, samples } = epochs;
  for (const [size, last] of [
    [documents.length, documents.length / epochs.epochs],
    [samples, samples - samplesBeforeFinalEpoch],
  ]) {
    const numbers = new Int32Array(size);
    for (let i = 0; i < size; i++) numbers[i] = i;
    const first = separateFinalEpoch ? size - last : size;
    random.shuffle(numbers.subarray(0, first));
    random.shuffle(numbers.subarray(first));
  }
}

/** This process as the one that builds: prints the seconds of each round. */
function buildHere(documents, samples, rounds) {
  const lengths = lengthsOf(documents);
  const request = {
    name: "bench",
    lengths,
    begin: 0,
    end: documents,
    samples,
    seed: 1234,
    seqLength,
    extraToken: 1,
    dropLastPartial: true,
  };
  const before = process.resourceUsage().maxRSS;
  const [whole, helper] = [[], []];
  let built;
  for (let round = 0; round < rounds; round++) {
    const started = processorSeconds();
    built = buildGptIndices(request);
    const then = processorSeconds();
    shuffleOnly(built);
    whole.push(then - started);
    helper.push(then - started - (processorSeconds() - then));
  }
  console.log(
    JSON.stringify({ whole, helper, samples: built.epochs.samples, addedKiB: process.resourceUsage().maxRSS - before }),
  );
}

function lastLine(command, args, cwd) {
  const printed = execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "ignore"], encoding: "utf8" });
  return JSON.parse(printed.trimEnd().split("\n").at(-1));
}

/** Two turns of both sides, medians over all builds but the first of each process. */
function measure(epochs, { folder, prefix, documents, samples, rounds }) {
  const python = join(root, ".venv/bin/python");
  const script = join(root, "test/bench/data/reference_index.py");
  const ours = { whole: [], helper: [], samples: 0, addedKiB: 0 };
  const theirs = { whole: [], helper: [], samples: 0, addedKiB: 0 };
  for (let turn = 0; turn < 2; turn++) {
    const here = lastLine(process.execPath, [import.meta.filename, "build", documents, samples, rounds + 1], folder);
    const there = lastLine(python, [script, prefix, seqLength, samples, rounds + 1], folder);
    for (const [all, one] of [
      [ours, here],
      [theirs, there],
    ]) {
      all.whole.push(...one.whole.slice(1));
      all.helper.push(...one.helper.slice(1));
      all.samples = one.samples;
      all.addedKiB = Math.max(all.addedKiB, one.addedKiB);
    }
  }
  if (ours.samples !== theirs.samples) throw new Error(`samples: ${ours.samples} here, ${theirs.samples} there`);
  const [mine, other] = [median(ours.whole), median(theirs.whole)];
  return {
    epochs,
    samples: ours.samples,
    "ours s": +mine.toFixed(3),
    "MindFormers s": +other.toFixed(3),
    ratio: +(mine / other).toFixed(2),
    "our sample rows s": +median(ours.helper).toFixed(3),
    "its C++ helper s": +median(theirs.helper).toFixed(3),
    "ours MiB": Math.round(ours.addedKiB / 1024),
    "MindFormers MiB": Math.round(theirs.addedKiB / 1024),
  };
}

function compare(documents, rounds, epochs) {
  const folder = mkdtempSync(join(tmpdir(), "lab-bench-index-"));
  try {
    const lengths = lengthsOf(documents);
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    const prefix = join(folder, "data");
    const file = openSync(`${prefix}.idx`, "w");
    const plan = {
      dtype: "int32",
      sequences: documents,
      documents,
      length: (i) => lengths[i],
      documentEnd: (i) => i + 1,
    };
    for (const block of encodeMegatronIndex(plan)) writeSync(file, block);
    openSync(`${prefix}.bin`, "w");
    truncateSync(`${prefix}.bin`, tokens * 4); // sparse: nothing reads it
    const size = `${documents} documents, ${tokens} tokens, seqLength ${seqLength}`;
    console.log(`${size}; ${2 * rounds} builds each; ${availableParallelism()} processors, Node ${process.version}`);
    for (const times of epochs) {
      const samples = times === 1 ? 0 : Math.floor((times * tokens) / seqLength);
      console.table([measure(times, { folder, prefix, documents, samples, rounds })]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [first = "10000000", ...rest] = process.argv.slice(2);
if (first === "build") buildHere(Number(rest[0]), Number(rest[1]) || undefined, Number(rest[2]));
else compare(Number(first), Number(rest[0] ?? 5), (rest[1] ?? "1,2.5").split(",").map(Number));
