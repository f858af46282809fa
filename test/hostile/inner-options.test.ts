import { expect, it } from "vitest";
import * as lab from "../../src/index.js";
import { recoveryPolicy } from "../../src/recover/decide/policy.js";
import { simulationSpec } from "../../src/recover/simulate/spec.js";

// What is passed by mistake inside of options that are objects, from scripts and files that no compiler has checked.

const circle: Record<string, unknown> = {};
circle.self = circle;

const junk: Readonly<Record<string, unknown>> = {
  ...{ null: null, "{ self }": circle, "[{ self }]": [circle], "[null]": [null], "[1]": [1], "an empty text": "" },
  ...{ "-1": -1, NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, "10n": 10n, "a symbol": Symbol("q") },
  ...{ "a function": () => 1, true: true, "a hole": new Array(1) },
};

function throwing(name: string): object {
  const get = () => {
    throw new TypeError("boom");
  };
  return Object.defineProperty({}, name, { enumerable: true, get });
}

interface Options {
  /** As messages name them. */
  readonly name: string;
  readonly right: object;
  readonly keys: readonly string[];
  /** `key: junk` that is right. */
  readonly also?: readonly string[];
  readonly use: (options: object) => unknown;
}

/** What is wrong with an outcome; undefined if it is an error that names the option, and has a line to type. */
async function faultOf({ name, use }: Options, options: object, key: string): Promise<string | undefined> {
  try {
    await use(options);
    return "accepted";
  } catch (error) {
    if (!lab.isLabError(error)) return String(error);
    const { message, hint } = error;
    const isNamed =
      message.includes(name) && message.includes(key) && /expected .+, found .|unknown option/.test(message);
    return isNamed && hint.trim() !== "" && !/\[object/.test(message + hint) ? undefined : `${message} → ${hint}`;
  }
}

async function faultsOf(options: Options): Promise<string[]> {
  const { right, keys, also = [] } = options;
  const faults: string[] = [];
  const look = async (what: string, given: object, key: string) => {
    const fault = await faultOf(options, given, key);
    if (fault !== undefined) faults.push(`${options.name}.${what}: ${fault}`);
  };
  for (const key of keys) {
    for (const [called, value] of Object.entries(junk))
      if (!also.includes(`${key}: ${called}`)) await look(`${key}: ${called}`, { ...right, [key]: value }, key);
    const { [key]: _, ...rest } = right as Record<string, unknown>;
    await look(`${key}: throws`, Object.defineProperties(throwing(key), Object.getOwnPropertyDescriptors(rest)), key);
    await look(`${key}x`, { ...right, [`${key}x`]: 1 }, `${key}x`);
  }
  return faults;
}

const config = await lab.openConfig("pretrain_deepseek3_tiny_cpu");
const plan = (options: object) => lab.planRun(config, { onErrors: "show", ...options });

const clusterKeys = ["device", "nodes", "devicesPerNode", "memoryPerDevice", "port", "python", "via", "hosts"];
clusterKeys.push("hostfile", "sshConfig", "workDir", "setup", "container", "masterAddress", "slurm", "nodeCount");
clusterKeys.push("simulate");

it.each([
  ["this machine", { device: "CPU", devicesPerNode: 1 }],
  ["ssh", { device: "Ascend", via: "ssh", hosts: ["a", "b"] }],
  ["Slurm", { device: "Ascend", via: "slurm", nodeCount: 2 }],
  ["nodes played by this machine", { device: "CPU", via: "this-machine", nodeCount: 2 }],
  ["simulated", { simulate: { nodes: 2 } }],
])("%s: junk in cluster ended in a TypeError of JavaScript, or was taken for a value", async (_, right) => {
  const use = (cluster: object) => plan({ cluster });
  expect(await faultsOf({ name: "cluster", right, keys: clusterKeys, use })).toEqual([]);
});

it("junk in cluster.slurm ended in a job script, and in cluster.simulate in a TypeError", async () => {
  const keys = ["partition", "account", "time", "gres", "qos", "saveBefore", "requeue", "extra"];
  const slurm = (given: object) => plan({ cluster: { device: "Ascend", via: "slurm", nodeCount: 2, slurm: given } });
  const also = ["requeue: true"];
  expect(await faultsOf({ name: "cluster.slurm", right: {}, keys, also, use: slurm })).toEqual([]);
  const simulate = (given: object) => plan({ cluster: { simulate: given } });
  const times = ["repair", "report", "heartbeat", "join", "start", "compile", "save", "duration"];
  const numbers = ["nodes", "devicesPerNode", "seed", "spares", "nodesPerRack", "culprits", "speed", "storage"];
  const right = { nodes: 2 };
  expect(await faultsOf({ name: "simulate", right, keys: [...times, ...numbers], use: simulate })).toEqual([]);
});

it("junk in the faults of a simulation ended in a TypeError", async () => {
  const training = { totalSteps: 10, stepMs: 1000, checkpointEverySteps: 5 };
  const use = (faults: unknown) => simulationSpec({ nodes: 2, faults } as never, training as never);
  const table = (given: object) => use(given);
  const right = { nodeDaysPerFault: 3, mix: { process: 1 } };
  for (const key of ["nodeDaysPerFault", "mix"])
    for (const [called, value] of Object.entries(junk)) {
      if (["{ self }", "Infinity"].includes(called)) continue;
      const options = { name: "faults", right, keys: [], use: table };
      expect([key, called, await faultOf(options, { ...right, [key]: value }, "faults")]).toEqual([
        key,
        called,
        undefined,
      ]);
    }
  for (const [called, value] of Object.entries(junk)) {
    const options = { name: "faults", right, keys: [], use: table };
    expect([called, await faultOf(options, [value] as object, "faults")]).toEqual([called, undefined]);
  }
});

it("junk in recovery ended in a TypeError, or in a policy with NaN", async () => {
  const keys = ["retries", "restarts", "hangAfter", "startAfter", "saveAfter", "backoff", "spares", "skipBatches"];
  keys.push("learningRateFactor", "spikeDeviations", "spikeSteps", "compareSteps", "tolerance", "table", "onDecision");
  const use = (recovery: object) => recoveryPolicy(recovery);
  expect(await faultsOf({ name: "recovery", right: {}, keys, use })).toEqual([]);
  const backoff = (given: object) => recoveryPolicy({ backoff: given });
  expect(await faultsOf({ name: "recovery.backoff", right: {}, keys: ["first", "most"], use: backoff })).toEqual([]);
  expect(() => recoveryPolicy({ hangAfter: "0s" })).toThrow("recovery.hangAfter: expected a duration of 1.0 s or more");
  expect(() => backoff({ first: "10m", most: "1s" })).toThrow("recovery.backoff: expected first no longer than most");
  for (const table of [{ hang: "stop" }, { hang: null }, { hang: [] }, { hang: [circle] }, { hang: [null] }])
    expect(() => recoveryPolicy({ table } as never)).toThrow(/^recovery\.table: expected .+, found ./);
});

it("junk in reliability ended in a TypeError, or in a prediction of NaN", async () => {
  const use = (reliability: object) => plan({ cluster: { device: "Ascend", devicesPerNode: 8 }, reliability });
  const keys = ["failures", "restart", "saveTime", "saveBandwidth"];
  expect(await faultsOf({ name: "reliability", right: {}, keys, use })).toEqual([]);
  const rate = (failures: object) => use({ failures });
  const right = { nodeDaysPerFailure: 100 };
  const options = { name: "reliability.failures", right, keys: Object.keys(right), use: rate };
  expect(await faultsOf(options)).toEqual([]);
});

it("junk in the shape of a model ended in a TypeError, or in NaN parameters", async () => {
  const shape = lab.modelShape(config.get("model.model_config") as never) as unknown as Record<string, unknown>;
  const calls = {
    countParameters: lab.countParameters,
    flopsPerToken: lab.flopsPerToken,
    modelTensors: lab.modelTensors,
  };
  for (const [name, call] of Object.entries(calls)) {
    const use = (given: object) => (call as (shape: unknown) => unknown)(given);
    const boolean = (part: object) =>
      Object.entries(part).flatMap(([key, value]) => (typeof value === "boolean" ? [`${key}: true`] : []));
    const keys = Object.keys(shape);
    expect(await faultsOf({ name, right: shape, keys, also: boolean(shape), use })).toEqual([]);
    for (const part of ["attention", "experts"]) {
      const right = shape[part] as object;
      const inner = (given: object) => use({ ...shape, [part]: given });
      const options = {
        name: `${name}, shape.${part}`,
        right,
        keys: Object.keys(right),
        also: boolean(right),
        use: inner,
      };
      expect(await faultsOf(options)).toEqual([]);
    }
  }
});

it("a misspelled option of cluster, recovery, and reliability was ignored: the near name is offered", async () => {
  const misspelled = [
    () => plan({ cluster: { device: "CPU", devicePerNode: 1 } }),
    () => plan({ cluster: { device: "Ascend", via: "slurm", slurm: { acount: "x" } } }),
    () => plan({ cluster: { simulate: { nodes: 2, sead: 3 } } }),
    () => plan({ cluster: { device: "Ascend" }, reliability: { restrat: "1m" } }),
    () => (recoveryPolicy as (given: object) => unknown)({ retrys: 3 }),
  ];
  const hints = await Promise.all(
    misspelled.map((use) =>
      Promise.resolve()
        .then(use)
        .catch(({ hint }) => hint),
    ),
  );
  const near = ["devicesPerNode", "account", "seed", "restart", "retries"];
  expect(hints).toEqual(near.map((name) => `did you mean ${name}?`));
});
