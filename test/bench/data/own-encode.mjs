// The encoder alone, for the same texts as encode_batch.py: node own-encode.mjs INPUT TOKENIZER WORKERS. Texts go to
// the threads as bytes, ids come back as arrays; only that is timed, not the reading of the file. The last line printed
// is JSON, its fields those of encode_batch.py.
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { ByteEncoder } from "../../../dist/src/data/bpe/byte-encoder.js";
import { IdSink } from "../../../dist/src/data/bpe/id-sink.js";
import { planBytes } from "../../../dist/src/data/bpe/plan.js";

const separator = Buffer.from(" \n \n ");
const blockBytes = 16 * 1024 * 1024;
const processorSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

function serve() {
  const encoder = new ByteEncoder(workerData);
  const sink = new IdSink();
  parentPort.on("message", ({ bytes, bounds }) => {
    sink.truncate(0);
    let refused = 0;
    for (let i = 0; i < bounds.length; i += 2)
      if (!encoder.encode(bytes, { start: bounds[i], end: bounds[i + 1] }, sink)) refused++;
    const ids = sink.slice();
    parentPort.postMessage({ ids, refused }, [ids.buffer]);
  });
}

/** The texts of a block, divided among the threads. */
function shares(block, workers) {
  const lists = Array.from({ length: workers }, () => []);
  const size = block.length / workers;
  for (let start = 0; start <= block.length; ) {
    const found = block.indexOf(separator, start);
    const end = found < 0 ? block.length : found;
    lists[Math.min(workers - 1, Math.floor(start / size))].push(start, end);
    start = end + separator.length;
    if (found < 0) break;
  }
  return lists.map((bounds) => {
    const [from, to] = [bounds[0] ?? 0, bounds.at(-1) ?? 0];
    const bytes = new Uint8Array(to - from);
    bytes.set(block.subarray(from, to));
    return { bytes, bounds: Int32Array.from(bounds, (place) => place - from) };
  });
}

async function* blocksOf(input) {
  let rest = Buffer.alloc(0);
  for await (const read of createReadStream(input, { highWaterMark: blockBytes })) {
    const block = Buffer.concat([rest, read]);
    const end = block.lastIndexOf(separator);
    if (end >= 0) yield block.subarray(0, end);
    rest = end < 0 ? block : block.subarray(end + separator.length);
  }
  yield rest;
}

async function main(input, path, workers) {
  const { openTokenizer } = await import("../../../dist/src/data/tokenize/tokenizer.js");
  const { contents, tables } = await openTokenizer(path);
  const plan = planBytes(contents, tables);
  const threads = Array.from({ length: workers }, () => new Worker(import.meta.filename, { workerData: plan }));
  const total = { seconds: 0, cpuSeconds: 0, tokens: 0, refused: 0 };
  for await (const block of blocksOf(input)) {
    const work = shares(block, workers);
    const [started, before] = [performance.now(), processorSeconds()];
    const answers = work.map(async (share, i) => {
      threads[i].postMessage(share, [share.bytes.buffer]);
      const [{ ids, refused }] = await once(threads[i], "message");
      total.tokens += ids.length;
      total.refused += refused;
    });
    await Promise.all(answers);
    total.seconds += (performance.now() - started) / 1000;
    total.cpuSeconds += processorSeconds() - before;
  }
  const whole = (Date.now() - Number(process.env.BENCH_STARTED)) / 1000;
  await Promise.all(threads.map((thread) => thread.terminate()));
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ ...total, whole, wholeCpu: processorSeconds(), peakMiB }));
}

if (isMainThread) await main(process.argv[2], process.argv[3], Number(process.argv[4]));
else serve();
