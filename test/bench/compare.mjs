// Is this checkout slower than another one, such as its own past?
//   git worktree add OTHER COMMIT, install and build both, then
//   node test/bench/compare.mjs OTHER [--rounds 7] [--only import,data,plan,kernel]
// Every round measures both checkouts, each measure in a process of its own, and the next round begins with the other
// checkout. The first round warms files and caches and doesn't count. A row shows the medians and their ratio, this
// checkout to the other: below 1 is faster. Processor seconds are those of all threads and child processes; a busy
// machine changes them less than wall time.
//   import  the library imported: the whole process
//   data    prepareData, 10 MB of text, one thread: the call alone
//   plan    planRun for 8,192 devices in a warm process: one call
//   kernel  from the start of a kernel to its first result; a trivial cell
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "7" }, only: { type: "string", default: "import,data,plan,kernel" } },
});
if (positionals.length !== 1) throw new Error("usage: node test/bench/compare.mjs OTHER_CHECKOUT [--rounds 7]");
const here = resolve(import.meta.dirname, "../..");
const checkouts = { this: here, other: resolve(positionals[0]) };
const folder = mkdtempSync(join(tmpdir(), "lab-compare-"));
const only = values.only.split(",");

const timer = `const used = () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;
  const timed = async (run) => {
    const [wall, processor] = [performance.now(), used()];
    await run();
    return { wall: (performance.now() - wall) / 1000, processor: used() - processor };
  };`;

/** Runs a module that sets `result`, with the library of a checkout as `lab`. */
function library(root, code) {
  const index = JSON.stringify(join(root, "dist/src/index.js"));
  const module = `${timer} const lab = await import(${index}); let result; ${code}
    process.stdout.write("\\n" + JSON.stringify(result));`;
  const options = { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", module], options);
  return JSON.parse(printed.trimEnd().split("\n").at(-1));
}

function input() {
  const path = join(folder, "input.txt");
  const shared = process.env.MF_LAB_SHARED ?? resolve(here, "../shared");
  const source = readFileSync(join(shared, "data/wikitext2-valid.txt"));
  do appendFileSync(path, source);
  while (statSync(path).size < 10e6);
  return path;
}
const text = only.includes("data") ? input() : "";

const measures = {
  import: (root) => ({
    "library imported": library(root, "result = { wall: performance.now() / 1000, processor: used() };"),
  }),
  data(root) {
    const output = JSON.stringify(join(folder, `data-${process.hrtime.bigint()}`, "x"));
    const options = `{ input: ${JSON.stringify(text)}, tokenizer: lab.deepseekTokenizer(), output: ${output},
      seqLength: 4096, workers: 1 }`;
    return { "10 MB of data": library(root, `result = await timed(() => lab.prepareData(${options}));`) };
  },
  plan(root) {
    const code = `
      const nodes = Array.from({ length: 1024 }, (_, n) => "10." + (n >> 8) + "." + ((n & 255) >> 4) + "." + (n & 15));
      const cluster = { device: "Ascend", nodes, devicesPerNode: 8, memoryPerDevice: "64GB" };
      const config = async () => (await lab.openConfig("pretrain_deepseek3_671b")).merge({
        parallel_config: { data_parallel: 128 },
        train_dataset: { data_loader: { sizes: [4_096_000, 0, 0] } },
      });
      const plans = [];
      for (let turn = 0; turn < 8; turn++) {
        const made = await config();
        plans.push(await timed(() => lab.planRun(made, { cluster })));
      }
      const middle = (key) => plans.slice(2).map((one) => one[key]).sort((a, b) => a - b)[3];
      result = { wall: middle("wall"), processor: middle("processor") };`;
    return { "plan for 8,192 devices": library(root, code) };
  },
  kernel(root) {
    const python = join(here, ".venv/bin/python");
    const printed = execFileSync(python, [join(here, "test/bench/kernel/start_and_cell.py"), root], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return JSON.parse(printed.trimEnd().split("\n").at(-1));
  },
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const shown = (seconds) => (seconds < 1 ? `${(seconds * 1000).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`);

try {
  console.log("| measure | time | this | other | ratio |\n|---|---|---:|---:|---:|");
  for (const name of only) {
    const rows = new Map();
    for (let round = 0; round <= Number(values.rounds); round++) {
      const turns = Object.entries(checkouts);
      for (const [who, root] of round % 2 === 0 ? turns : turns.reverse())
        for (const [measure, times] of Object.entries(measures[name](root)))
          for (const [kind, seconds] of Object.entries(times)) {
            const row = `${measure} | ${kind}`;
            if (!rows.has(row)) rows.set(row, { this: [], other: [] });
            if (round > 0) rows.get(row)[who].push(seconds);
          }
    }
    for (const [row, found] of rows) {
      const [now, before] = [median(found.this), median(found.other)];
      console.log(`| ${row} | ${shown(now)} | ${shown(before)} | ${(now / before).toFixed(3)} |`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
