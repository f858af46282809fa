// Does prepareData's memory stay the same however much text there is?
//   npm run build && node test/bench/data/memory.mjs [--megabytes 10,100,1000,5000] [--workers 1,2] [--folder /tmp]
// The text is made on the way into a temporary file: the sample corpus again and again, with a new word in every line,
// so that neither words nor paragraphs repeat as a whole. Every run is a process of its own (own-run.mjs, DeepSeek-V3's
// tokenizer, seqLength 4096); its peak memory is VmHWM of /proc/<pid>/status, which covers all threads, read until it
// ends. The folder needs about three times the largest text.
import { spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { sampleCorpus } from "../../../dist/src/index.js";

const { values } = parseArgs({
  options: {
    megabytes: { type: "string", default: "10,100,1000,5000" },
    workers: { type: "string", default: "1,2" },
    folder: { type: "string", default: tmpdir() },
  },
});
const folder = mkdtempSync(join(values.folder, "lab-memory-"));
const corpus = readFileSync(sampleCorpus(), "utf8").split("\n");

/** Text of about that many bytes; seeded. */
function* text(bytes) {
  let state = 1;
  const word = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state.toString(26).replace(/[0-9]/g, (digit) => "qrstuvwxyz"[digit]);
  };
  for (let written = 0; written < bytes; ) {
    const lines = corpus.map((line) => (line.length > 40 ? `${line}${word()} ${word()} . ` : line));
    const block = Buffer.from(`${lines.join("\n")}\n`);
    written += block.length;
    yield block;
  }
}

const peakOf = (pid) => {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return line ? Number(line[1]) / 1024 : 0;
  } catch {
    return 0;
  }
};

function run(input, workers) {
  const output = join(folder, "out", "x");
  const script = join(import.meta.dirname, "own-run.mjs");
  const child = spawn(process.execPath, [script, input, output, "4096", workers], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  let peak = 0;
  child.stdout.on("data", (data) => {
    printed += data;
  });
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid));
  }, 50);
  return new Promise((resolve, reject) => {
    child.on("close", (code) => {
      clearInterval(watch);
      rmSync(join(folder, "out"), { recursive: true, force: true });
      if (code !== 0) return reject(new Error(`exit code ${code}`));
      const found = JSON.parse(printed.trimEnd().split("\n").at(-1));
      // The end of a short run may fall between two looks: the process says its own peak, too.
      return resolve({ ...found, peakMiB: Math.max(peak, found.peakMiB) });
    });
  });
}

try {
  const rows = [];
  for (const megabytes of values.megabytes.split(",")) {
    const input = join(folder, "input.txt");
    await pipeline(text(Number(megabytes) * 1e6), createWriteStream(input));
    for (const workers of values.workers.split(",")) {
      const { peakMiB, tokens, seconds, cpuSeconds } = await run(input, workers);
      const row = {
        "text MB": Math.round(statSync(input).size / 1e6),
        workers,
        "peak MiB": Math.round(peakMiB),
        tokens,
        "tokens/CPU s": Math.round(tokens / cpuSeconds),
        seconds: Math.round(seconds),
      };
      rows.push(row);
      console.log(JSON.stringify(row));
    }
    rmSync(input);
  }
  console.table(rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
