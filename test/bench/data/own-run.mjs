// One run of prepareData in a process of its own: node own-run.mjs INPUT OUTPUT SEQ_LENGTH WORKERS; prints seconds,
// tokens and peak memory.
// `seconds`, `cpuSeconds`: from the call to the published files: opening the tokenizer, reading the input twice and
// starting the threads included.
// `whole`, `wholeCpu`: the process from its start (BENCH_STARTED) on, with the import of the library.
const [input, output, seqLength, workers] = process.argv.slice(2);
const processorSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const { deepseekTokenizer, prepareData } = await import("../../../dist/src/index.js");
const [started, before] = [performance.now(), processorSeconds()];
const options = {
  input,
  tokenizer: deepseekTokenizer(),
  output,
  seqLength: Number(seqLength),
  workers: Number(workers),
};
const data = await prepareData(options);
const seconds = (performance.now() - started) / 1000;
const cpuSeconds = processorSeconds() - before;
console.log(
  JSON.stringify({
    seconds,
    cpuSeconds,
    whole: (Date.now() - Number(process.env.BENCH_STARTED)) / 1000,
    wholeCpu: processorSeconds(),
    tokens: data.tokens + (data.manifest?.counts.dropped ?? 0),
    peakMiB: process.resourceUsage().maxRSS / 1024,
    file: `${data.prefix}.bin`,
  }),
);
