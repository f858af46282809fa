// One run of prepareData in a process of its own: node own-run.mjs INPUT OUTPUT SEQ_LENGTH WORKERS; prints seconds, tokens and peak memory.
// The time runs from the call to the published files: opening the tokenizer, reading the input twice and starting the threads included.
import { deepseekTokenizer, prepareData } from "../../../dist/src/index.js";

const [input, output, seqLength, workers] = process.argv.slice(2);
const started = performance.now();
const options = {
  input,
  tokenizer: deepseekTokenizer(),
  output,
  seqLength: Number(seqLength),
  workers: Number(workers),
};
const data = await prepareData(options);
const seconds = (performance.now() - started) / 1000;
const tokens = data.tokens + (data.manifest?.counts.dropped ?? 0);
const { user, system } = process.cpuUsage();
const cpuSeconds = (user + system) / 1e6;
const peakMiB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ seconds, load: 0, cpuSeconds, tokens, peakMiB, file: `${data.prefix}.bin` }));
