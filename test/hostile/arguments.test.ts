import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import * as lab from "../../src/index.js";
import { isDisplayable } from "../../src/view/display-contract.js";
import { junk, type PublicCall } from "../support/junk.js";
import { declaredOptions } from "../support/option-keys.js";
import { cellObjects, publicCalls } from "../support/public-calls.js";

// What a cell passes by mistake, at every place of every public call.

let folder: string;
let home: string;
let calls: readonly PublicCall[];

beforeAll(async () => {
  home = process.cwd();
  folder = await mkdtemp(join(tmpdir(), "arguments-"));
  process.chdir(folder);
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  calls = await publicCalls(await cellObjects(folder));
});

afterAll(async () => {
  vi.restoreAllMocks();
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

type Method = (...all: readonly unknown[]) => unknown;

/** Ends what a call began, and draws what it returned. */
async function useResult(result: unknown): Promise<void> {
  if (typeof result !== "object" || result === null) return;
  if (isDisplayable(result)) await result[lab.displayKey]();
  if (Symbol.asyncIterator in result && "next" in result) {
    const rows = result as AsyncGenerator;
    await rows.next();
    await rows.return(undefined);
  }
  if ("close" in result && typeof result.close === "function") result.close();
}

/** What is wrong with the words of an error; undefined if they name the call, what is expected, and a line to type. */
function faultOfWords({ code, message, hint }: lab.LabError, value: unknown, names: readonly string[]) {
  if (!hint?.trim()) return `no hint: ${message}`;
  if (/\[object|\bNaN of\b/.test(message)) return `unreadable: ${message}`;
  if (value !== undefined && /\bundefined\b(?!$)/.test(message)) return `something else is undefined: ${message}`;
  const isNamed = names.some((name) => `${message} ${hint}`.includes(name));
  if (code === "ARGUMENT_INVALID" && !isNamed) return `no name of the call: ${message}, ${hint}`;
  return code === "ARGUMENT_INVALID" && !/expected .+/.test(message) ? `nothing expected: ${message}` : undefined;
}

/** Calls by which those of the same object are named that they carry out. */
const carriers = ["repairDataset", "config.get", "config.set", "config.check"];

interface JunkCall {
  readonly call: PublicCall;
  /** Position of the argument that is not what it should be. */
  readonly at: number;
  readonly value: unknown;
  readonly mayBeRight: boolean;
  /** The junk, alone or inside of the value: an error may call it undefined only if it is. */
  readonly given: unknown;
  /** One of them has to be in the words of an error. */
  readonly names: readonly string[];
}

/** Why the outcome of a call is wrong; undefined if it is right. */
async function faultOf({ call, at, value, mayBeRight, given, names }: JunkCall): Promise<string | undefined> {
  const right = call.arguments.map((argument) => argument.value);
  try {
    const on = call.on() as Record<string, Method>;
    await useResult(await on[call.method]?.(...right.with(at, value)));
    return mayBeRight ? undefined : "accepted";
  } catch (error) {
    return lab.isLabError(error) ? faultOfWords(error, given, names) : String(error);
  }
}

it("junk in place of an argument ended in a TypeError of JavaScript, or was taken for a value", async () => {
  const faults: string[] = [];
  for (const call of calls)
    for (const [at, { alsoRight }] of call.arguments.entries())
      for (const [called, value] of Object.entries(junk)) {
        const mayBeRight = alsoRight.includes(called);
        const fault = await faultOf({ call, at, value, mayBeRight, given: value, names: [call.method, ...carriers] });
        if (fault !== undefined) faults.push(`${call.title}, argument ${at + 1}, ${called}: ${fault}`);
      }
  expect(faults).toEqual([]);
});

/** Objects that only other functions of the package make: their insides are not options. */
const made = /^(?:flops|estimateMemory|countParameters|modelTensors|groupOf|placeOf|checkCluster)/;

it("junk as the value of an option ended in a TypeError of JavaScript", async () => {
  const keys = declaredOptions();
  const faults: string[] = [];
  let tried = 0;
  // A name is all that launchRun needs to start.
  for (const call of calls.filter(({ title }) => !made.test(title)))
    for (const [at, names] of keys.get(call.title) ?? [])
      for (const name of names.filter((each) => call.title !== "launchRun" || (at === 1 && each !== "name")))
        for (const called of ["null", "{}", "[]", "an empty text", "-1", "true", "a function"]) {
          const base = call.arguments[at]?.value as object | undefined;
          const value = { ...base, [name]: junk[called] };
          const fault = await faultOf({ call, at, value, mayBeRight: true, given: junk[called], names: [name] });
          tried += 1;
          if (fault !== undefined) faults.push(`${call.title}, ${name}, ${called}: ${fault}`);
        }
  expect(faults).toEqual([]);
  expect(tried).toBeGreaterThan(1000);
});

/** Arguments with objects that other calls made. */
const foreign = /^(?:checkLauncherCall|formatLauncherCall|launcherCalls|describeKey|config\.fix)$/;

it("misspelled options of openCheckpoint and sixty other calls were ignored", async () => {
  const faults: string[] = [];
  let tried = 0;
  const keys = declaredOptions();
  for (const call of calls.filter(({ title }) => !made.test(title) && !foreign.test(title)))
    for (const [at, names] of keys.get(call.title) ?? []) {
      if (at === 0 && /^(?:checkDataset|launchRun)$/.test(call.title)) continue;
      const base = call.arguments[at]?.value as object | undefined;
      const outcomeOf = async (options: object) => {
        try {
          const on = call.on() as Record<string, Method>;
          await useResult(await on[call.method]?.(...call.arguments.map(({ value }) => value).with(at, options)));
          return "accepted";
        } catch (error) {
          return lab.isLabError(error) ? `${error.message} → ${error.hint}` : String(error);
        }
      };
      for (const name of names) {
        const refusal = await outcomeOf({ ...base, [`${name}Q`]: 1 });
        const isNamed = refusal.includes(`unknown option ${name}Q`) && refusal.includes(`did you mean ${name}?`);
        if (!isNamed) faults.push(`${call.title}, ${name}Q: ${refusal}`);
        tried += 1;
      }
      if (call.title === "launchRun") continue;
      const named = Object.fromEntries(
        names.filter((name) => !(base && name in base)).map((name) => [name, undefined]),
      );
      const outcome = await outcomeOf({ ...base, ...named });
      if (outcome.includes("unknown option")) faults.push(`${call.title}: ${outcome}`);
    }
  expect(faults).toEqual([]);
  expect(tried).toBeGreaterThan(150);
});

it("arguments that are right are accepted, so that the table above refuses nothing else", async () => {
  const faults: string[] = [];
  // What starts processes, needs ssh, or needs another kind of model or run than there is here.
  const others = ["launchRun", "resumeRun", "checkCluster", "run.saveNow"];
  others.push("checkpoint.toHuggingFace", "checkpoint.fromHuggingFace");
  for (const { title, on, method, arguments: list } of calls.filter((call) => !others.includes(call.title)))
    try {
      await useResult(await (on() as Record<string, Method>)[method]?.(...list.map(({ value }) => value)));
    } catch (error) {
      faults.push(`${title}: ${error}`);
    }
  expect(faults).toEqual([]);
});

/** Names of an object's methods that take arguments. */
function methodsOf(object: object): string[] {
  const own = Object.getPrototypeOf(object) === Object.prototype || object === lab;
  const holder: object = own ? object : Object.getPrototypeOf(object);
  return Object.entries(Object.getOwnPropertyDescriptors(holder))
    .filter(([name, { value }]) => name !== "constructor" && typeof value === "function" && !/^[A-Z]/.test(name))
    .filter(([, { value }]) => !/^(?:async )?\*?(?:function )?\w*\s*\(\s*\)/.test(String(value)))
    .map(([name]) => name);
}

it("every public function and method that takes arguments is in the table", () => {
  const listed = new Map<string, Set<string>>();
  const methods = new Map<string, readonly string[]>();
  for (const { title, on, method } of calls) {
    const object = title.slice(0, -method.length);
    listed.set(object, (listed.get(object) ?? new Set()).add(method));
    methods.set(object, methodsOf(on()));
  }
  const missing = [...methods].flatMap(([object, all]) =>
    all.filter((name) => !listed.get(object)?.has(name)).map((name) => `${object}${name}`),
  );
  expect(missing).toEqual([]);
});
