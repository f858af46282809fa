import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as lab from "../../src/index.js";
import { checkpointFile, saveRank } from "./checkpoint-folder.js";
import { anything, index, type JunkArgument, name, needed, optional, options, type PublicCall, text } from "./junk.js";
import { standInPlan } from "./stand-in-plan.js";
import { writeSyntheticRun } from "./synthetic-run.js";
import { tinyTokenizer } from "./tiny-tokenizer.js";

type Table = Readonly<Record<string, readonly JunkArgument[]>>;

const callsOf = (title: string, on: () => object, table: Table): PublicCall[] =>
  Object.entries(table).map(([method, list]) => ({
    title: title === "" ? method : `${title}.${method}`,
    on,
    method,
    arguments: list,
  }));

/** Datasets, rows, and their order, prepared in `folder`. */
async function openData(folder: string) {
  await mkdir(join(folder, "text"));
  await writeFile(join(folder, "text", "a.txt"), "= A =\n\nSome words of a text.\n\nAnd more of them.\n".repeat(20));
  await writeFile(join(folder, "tokenizer.json"), tinyTokenizer());
  const paths = {
    input: join(folder, "text"),
    tokenizer: join(folder, "tokenizer.json"),
    output: join(folder, "wiki"),
  };
  const data = await lab.prepareData({ ...paths, seqLength: 16, workers: 1 });
  const mindRecord = await lab.prepareData({ ...paths, seqLength: 16, workers: 1, format: "mindrecord" });
  return { paths, prepared: data, mindRecord };
}

/** Checkpoints of two ranks at two steps, and what their methods return. */
async function openPoints(folder: string) {
  for (const step of [5, 6])
    for (const rank of [0, 1]) await saveRank(folder, { rank, point: `1_${step}`, bytes: checkpointFile(step) });
  const checkpoints = await lab.openCheckpoints(folder, { strategy: "replicas" });
  const checkpoint = checkpoints.latestComplete();
  await checkpoint.seal();
  await (await checkpoint.reshard({ output: join(folder, "two"), dp: 2, optimizerShards: 2 })).run();
  return {
    checkpoints,
    checkpoint,
    tensor: await checkpoint.tensor("decoder.layers.0.weight"),
    table: await checkpoint.tensors(),
    conversion: await checkpoint.toCkpt({ output: join(folder, "converted") }),
    strategy: await lab.openStrategy(join(folder, "two", "strategy")),
  };
}

/** A run that has ended. */
async function openEndedRun(folder: string) {
  writeSyntheticRun(join(folder, "ended"), { steps: 20, state: "finished", where: "record" });
  return lab.openRun("ended", { folder });
}

/** Everything that the calls below are made on. */
export async function cellObjects(folder: string) {
  const config = await lab.openConfig("pretrain_deepseek3_tiny_cpu");
  const large = await lab.openConfig("pretrain_deepseek3_1b");
  await mkdir(join(folder, "points"));
  await mkdir(join(folder, "runs"));
  const parts = { ...(await openData(folder)), ...(await openPoints(join(folder, "points"))) };
  const run = await openEndedRun(join(folder, "runs"));
  const cluster = { device: "Ascend", nodes: ["10.0.0.1"], devicesPerNode: 8 } as const;
  const planned = await lab.planRun(large, { cluster, onErrors: "show" });
  // A plan that nothing starts from.
  const broken = await lab.planRun(large.copy().set("parallel_config.model_parallel", 3), {
    cluster,
    onErrors: "show",
  });
  const search = lab.searchLayouts({ config: large, devices: 8, memoryPerDevice: "64GB" });
  const plan = await standInPlan(folder, 20);
  const [prefix] = (plan.config.get("train_dataset.data_loader.config.data_path") as string[]).slice(1);
  const data = await lab.openDataset(prefix ?? "");
  const planOrder = await lab.openDataOrder({ plan });
  return { folder, config, large, planned, broken, search, run, ...parts, plan, data, planOrder };
}

type CellObjects = Awaited<ReturnType<typeof cellObjects>>;

function functionsOfModels({ config }: CellObjects): Table {
  const training = lab.readTraining((path) => config.get(path));
  if (training === undefined) throw new Error("the size of the tiny model is computed");
  const { shape, layout, options: memory } = training;
  const mesh = { dataParallel: 2, tensorParallel: 1, pipelineStages: 1, contextParallel: 1, expertParallel: 1 };
  const call = lab.parseLauncherCall("bash msrun_launcher.sh run_mindformer.py 8");
  return {
    countParameters: [needed(shape)],
    estimateMemory: [needed(shape), needed(layout), needed(memory)],
    flopsPerStep: [needed(shape), needed(8)],
    flopsPerToken: [needed(shape)],
    modelShape: [needed(config.get("model.model_config"))],
    modelTensors: [needed(shape)],
    readTraining: [needed((path: string) => config.get(path), "a function"), optional(2)],
    groupOf: [index(0), needed("data"), needed(mesh)],
    placeOf: [index(0), needed(mesh), needed(2)],
    explainError: [needed("EI0006")],
    checkLauncherCall: [needed(call)],
    parseLauncherCall: [needed("bash msrun_launcher.sh run_mindformer.py 8")],
    formatLauncherCall: [needed(call)],
    launcherCalls: [needed(call)],
  };
}

function functionsOfFiles({ folder, config, data, prepared, mindRecord, paths }: CellObjects): Table {
  const row = { schema: { ids: { type: "int32", shape: [-1] } }, rows: [{ ids: Int32Array.of(1, 2) }] };
  return {
    openConfig: [name("pretrain_deepseek3_1b"), options({})],
    describeKey: [name("seed"), optional(config)],
    listKeys: [text("runner_config", "undefined")],
    checkDataset: [needed(data), needed(config), options({})],
    openDataset: [name(data.prefix)],
    mergeDatasets: [needed([data]), name(join(folder, "merged")), options({})],
    splitDataset: [name(data), needed({ shares: { train: 1 }, output: join(folder, "part") })],
    repairDataset: [name(prepared.prefix), options({})],
    openMindRecord: [name(mindRecord.path)],
    writeMindRecord: [needed({ ...row, output: join(folder, "rows.mindrecord") })],
    openDataOrder: [needed({ dataPath: [data.prefix], seqLength: 16 })],
    prepareData: [needed({ ...paths, seqLength: 16, workers: 1 })],
    openCheckpoint: [name(join(folder, "points")), options({ strategy: "replicas" })],
    openCheckpoints: [name(join(folder, "points")), options({})],
    openStrategy: [name(join(folder, "points", "two", "strategy"))],
    planRun: [needed(config), options({ onErrors: "show" })],
    searchLayouts: [needed({ config, devices: 2, memoryPerDevice: "64GB" })],
  };
}

function functionsOfRuns({ folder, plan, broken, run }: CellObjects): Table {
  const chart = { title: "t", x: { label: "x" }, y: { label: "y" } };
  const shown = { "text/plain": "text" };
  return {
    checkCluster: [needed(plan)],
    deleteRuns: [options({ folder: join(folder, "runs"), names: ["none"] })],
    listRuns: [options({ folder: join(folder, "runs") })],
    openRun: [name("ended"), options({ folder: join(folder, "runs") })],
    resumeRun: [needed(run), options({ name: "next" })],
    launchRun: [needed(broken), needed({ name: "never" })],
    compareRuns: [needed([run], "[]")],
    histogram: [needed({ ...chart, bins: [{ from: 0, to: 1, count: 1 }] })],
    lineChart: [needed({ ...chart, series: [{ name: "s", x: [1], y: [1] }] })],
    show: [needed(shown), options({})],
    openLive: [needed(shown)],
    openProgress: [needed({ title: "reading", total: 3 })],
    isLabError: [anything(undefined)],
  };
}

function methodsOfPlans(objects: CellObjects): PublicCall[] {
  const { config, large, planned, search } = objects;
  return [
    ...callsOf("config", () => config.copy(), {
      get: [text("seed")],
      has: [text("seed")],
      set: [name("seed"), anything(1)],
      merge: [needed({ seed: 2 }, "{}")],
      unset: [name("seed")],
      diff: [optional(large)],
      origin: [text("seed")],
      check: [options({})],
      fix: [needed({ severity: "error", rule: "r", path: "seed", message: "m", hint: "h", fix: [] })],
      fixAll: [options({})],
      saving: [needed({ every: 5 }, "{}")],
      save: [name("my-config.yaml")],
      copy: [options({ by: "me" })],
      scaleTo: [needed({ devices: 8, memoryPerDevice: "64GB" })],
    }),
    ...callsOf("plan", () => planned, {
      commands: [needed({ runFolder: "runs/x", attempt: 1 })],
      eject: [needed("msrun"), options({})],
      meshFigure: [options({})],
    }),
    ...callsOf("plan.eject(…)", () => planned.eject("msrun"), { text: [text("x")], save: [name("ejected")] }),
    ...callsOf("search", () => search, { at: [index(1, "-1")], top: [optional(2, "0")], sample: [needed(2, "0")] }),
    ...callsOf("search.best", () => search.best ?? {}, { apply: [needed(config.copy())] }),
  ];
}

async function methodsOfData({ plan, data, prepared, mindRecord, planOrder }: CellObjects): Promise<PublicCall[]> {
  const counts = await data.tokenCounts();
  const lines = {
    verify: [options({})],
    peek: [index(0), options({})],
  };
  return [
    ...callsOf("data", () => data, {
      ...lines,
      tokenCounts: [options({})],
      sample: [optional(1), options({})],
      step: [needed(1), needed({ plan })],
      order: [options({})],
      lengths: [optional("documents")],
    }),
    ...callsOf("data", () => prepared, { repair: [options({})] }),
    ...callsOf("mindRecord", () => mindRecord, {
      repair: [options({})],
      ...lines,
      row: [index(0), optional(["input_ids"], "[]")],
      read: [options({})],
      lengths: [],
    }),
    ...callsOf("order", () => planOrder, {
      sample: [index(0)],
      step: [needed(1), options({})],
      whereIs: [needed({ sequence: 0 })],
      checkIndices: [options({})],
      prepareIndices: [options({})],
    }),
    ...callsOf("tokenCounts", () => counts, { of: [index(5, "-1")], idsFor: [index(0.5)] }),
  ];
}

function methodsOfCheckpoints(objects: CellObjects): PublicCall[] {
  const { folder, checkpoints, checkpoint, tensor, table, conversion, strategy } = objects;
  const output = [needed({ output: join(folder, "out") })];
  return [
    ...callsOf("checkpoint", () => checkpoint, {
      tensors: [options({})],
      tree: [options({})],
      statistics: [options({})],
      tensor: [name("step_num"), options({})],
      values: [name("step_num"), options({})],
      verify: [options({})],
      seal: [options({})],
      scrub: [options({})],
      compareTo: [needed(checkpoint), options({})],
      ...{ merge: output, reshard: output, toSafetensors: output, toCkpt: output, removeRedundancy: output },
      ...{ toHuggingFace: output, fromHuggingFace: output },
    }),
    ...callsOf("checkpoints", () => checkpoints, { at: [needed(5)], retention: [options({})] }),
    ...callsOf("tensor", () => tensor, { values: [options({})], statistics: [options({})], heatMap: [options({})] }),
    ...callsOf("tensors", () => table, { total: [optional("weight")] }),
    ...callsOf("conversion", () => conversion, { run: [options({})] }),
    ...callsOf("strategy", () => strategy, { parameter: [name(strategy.rows[0]?.name)], recover: [needed([0], "[]")] }),
  ];
}

async function methodsOfRuns({ run }: CellObjects): Promise<PublicCall[]> {
  const incidents = await run.incidents();
  return [
    ...callsOf("run", () => run, {
      logs: [options({})],
      wait: [options({})],
      watch: [options({})],
      stop: [options({})],
      saveNow: [options({})],
      stacks: [options({})],
    }),
    ...callsOf("compareRuns(…)", () => lab.compareRuns([run]), { plot: [needed("loss"), options({})] }),
    ...callsOf("incidents", () => incidents, { ratioFigure: [optional(1000)] }),
    ...callsOf("progress", () => lab.openProgress({ title: "t", unit: "files" }), {
      update: [index(1, "-1"), text("note", "undefined")],
      finish: [text("done", "undefined")],
    }),
    ...callsOf("live", () => lab.openLive({ "text/plain": "t" }), {
      update: [needed({ "text/plain": "u" })],
      close: [optional({ "text/plain": "v" })],
    }),
  ];
}

/** The functions of the package that take arguments, and the methods of the objects that they return. */
export async function publicCalls(objects: CellObjects): Promise<PublicCall[]> {
  return [
    ...callsOf("", () => lab, functionsOfModels(objects)),
    ...callsOf("", () => lab, functionsOfFiles(objects)),
    ...callsOf("", () => lab, functionsOfRuns(objects)),
    ...methodsOfPlans(objects),
    ...(await methodsOfData(objects)),
    ...methodsOfCheckpoints(objects),
    ...(await methodsOfRuns(objects)),
  ];
}
