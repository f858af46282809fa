import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { RunFailedError } from "../../../../src/core/error.js";
import { markedProcesses } from "../../../../src/core/liveness/process-table.js";
import { compareRuns } from "../../../../src/run/compare.js";
import { launchRun } from "../../../../src/run/launch/launch.js";
import { listRuns, openRun } from "../../../../src/run/open.js";
import { launcherOption } from "../../../../src/run/record/node-command.js";
import type { Run } from "../../../../src/run/run.js";
import { displayKey } from "../../../../src/view/display-contract.js";
import { fakePlan, runsFolder } from "../../../support/fake-plan.js";
import { freePort } from "../../../support/ports.js";

const launched: Run[] = [];
afterEach(async () => {
  for (const run of launched.splice(0)) await run.stop({ graceful: false });
});

async function launch(...[plan, options]: Parameters<typeof launchRun>): Promise<Run> {
  const run = await launchRun(plan, options);
  launched.push(run);
  return run;
}

const alive = async (run: Run) => (await markedProcesses("MF_LAB_RUN", run.folder)).length;

function ancestorsOf(pid: number): number[] {
  const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
  return parent > 1 ? [parent, ...ancestorsOf(parent)] : [];
}

describe("a run from launch to end", () => {
  it("trains to its last step, is finished only when every worker said so, and leaves no process", async () => {
    const folder = runsFolder();
    const run = await launch(fakePlan({ environment: { FAKE_SAVE_EVERY: "10" } }), { name: "wiki-1b", folder });
    expect(["preparing", "training"]).toContain((await run.status()).state);
    const status = await run.wait({ timeout: "4m" });
    expect(status).toMatchObject({ state: "finished", step: 20, totalSteps: 20, checkpointStep: 20, processes: 0 });
    const steps = await run.steps();
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(steps[0]).toMatchObject({ attempt: 1, loss: 7, gradNorm: 1.2693821, stepTimeMs: 57, learningRate: 0.001 });
    const files = ["config.yaml", "control", "events", "lease", "logs", "metrics", "output", "run.json"];
    expect(
      readdirSync(run.folder)
        .filter((name) => name !== "seals")
        .sort(),
    ).toEqual(files);
    expect(readFileSync(join(run.folder, "config.yaml"), "utf8")).toBe("seed: 1\n");
    expect((await run.logs({ rank: 1, match: /loss:/, tail: 2 })).lines).toHaveLength(2);
    expect((await run[displayKey]())["text/plain"]).toContain("finished");
  });

  it("keeps a loss that is not a number", async () => {
    const run = await launch(fakePlan({ environment: { FAKE_NAN: "5" } }), { name: "nan", folder: runsFolder() });
    await run.wait({ timeout: "4m" });
    expect((await run.steps())[4]?.loss).toBeNaN();
  });

  it("continues training when the process that launched it is killed, and another process sees the whole curve", async () => {
    const folder = runsFolder();
    const [command] = fakePlan({ steps: 60 }).commands({ runFolder: "RUN", attempt: 1 });
    const script = `
      const { launchRun } = await import(${JSON.stringify(join(process.cwd(), "dist/src/run/launch/launch.js"))});
      const command = ${JSON.stringify(JSON.stringify(command))};
      const plan = { config: { text: "", get: () => undefined },
        totalSteps: 60, tokensPerStep: 1, cluster: { port: 8118 },
        commands: ({ runFolder }) => [JSON.parse(command.replaceAll("RUN/", runFolder + "/"))] };
      await launchRun(plan, { name: "outlives", folder: ${JSON.stringify(folder)} });
      console.log("launched");
      setInterval(() => undefined, 1000);`;
    const kernel = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => kernel.stdout.once("data", resolve));
    kernel.kill("SIGKILL");
    const run = await openRun("outlives", { folder });
    launched.push(run);
    expect((await run.wait({ timeout: "4m" })).state).toBe("finished");
    expect((await run.steps()).map(({ step }) => step)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });
});

it("leaves no process below the one that launched it, as some front ends end all of those with a kernel", async () => {
  const run = await launch(fakePlan({ steps: 2000 }), { name: "nobodys", folder: runsFolder() });
  const processes = await markedProcesses("MF_LAB_RUN", run.folder);
  expect(processes.length).toBeGreaterThan(0);
  for (const { pid } of processes) expect(ancestorsOf(pid)).not.toContain(process.pid);
});

describe("a name that is taken", () => {
  it("running the cell again returns the live run, and starts no second training", async () => {
    const folder = runsFolder();
    const plan = fakePlan({ steps: 2000 });
    const run = await launch(plan, { name: "live", folder });
    const before = await alive(run);
    const again = await launchRun(plan, { name: "live", folder });
    expect([again.folder, again.note]).toEqual([run.folder, expect.stringMatching(/^the same training is live/)]);
    expect(await alive(run)).toBe(before);
    await expect(launchRun(fakePlan({ config: "seed: 2\n" }), { name: "live", folder })).rejects.toMatchObject({
      code: "RUN_NAME_TAKEN",
      hint: expect.stringContaining('await openRun("live"'),
    });
  });

  it("of launches at the same moment one starts a training, the others return it or say who does", async () => {
    const folder = runsFolder();
    const plan = fakePlan({ steps: 2000 });
    const results = await Promise.allSettled([1, 2, 3].map(() => launch(plan, { name: "twice", folder })));
    const outcomes = results.map((result) =>
      result.status === "fulfilled" ? (result.value.note ?? "started") : (result.reason.code ?? result.reason),
    );
    expect(outcomes.filter((outcome) => outcome === "started")).toHaveLength(1);
    for (const outcome of outcomes) expect(outcome).toMatch(/^started$|^RUN_NAME_TAKEN$|^the same training is live/);
    expect(readdirSync(folder)).toEqual(["twice"]);
  });

  it("returns the same training when it has ended already", async () => {
    const folder = runsFolder();
    const first = await launch(fakePlan(), { name: "once", folder });
    await first.wait();
    const events = readFileSync(join(first.folder, "events", "supervisor-1.jsonl"), "utf8");
    const again = await launch(fakePlan(), { name: "once", folder });
    expect(again.note).toContain("nothing was started");
    expect(readFileSync(join(first.folder, "events", "supervisor-1.jsonl"), "utf8")).toBe(events);
  });

  it("refuses another training under a name that has ended, and proposes the next name", async () => {
    const folder = runsFolder();
    await (await launch(fakePlan(), { name: "once", folder })).wait();
    await expect(launchRun(fakePlan({ config: "seed: 2\n" }), { name: "once", folder })).rejects.toMatchObject({
      code: "RUN_NAME_TAKEN",
      message: expect.stringMatching(/\(finished, step 20 of 20\); different are seed: 1, now 2$/),
      hint: expect.stringContaining('name: "once-2"'),
    });
    const more = fakePlan({ workers: 3, config: "a: 1\nb: 2\nc: 3\nseed: 1\n" });
    await expect(launchRun(more, { name: "once", folder })).rejects.toThrow(
      "different are workers: 2, now 3; a: none, now 1; b: none, now 2; and 1 more",
    );
  });

  it("tries the same training again in a new attempt when it had failed without a checkpoint", async () => {
    const folder = runsFolder();
    const broken = fakePlan({ environment: { FAKE_DIE: "1:3:exception" } });
    const failed = launch(broken, { name: "retry", folder });
    await expect(failed.then((run) => run.wait())).rejects.toMatchObject({ code: "RUN_FAILED" });
    const again = await launch(fakePlan(), { name: "retry", folder });
    const status = await again.wait();
    expect(status).toMatchObject({ state: "finished", attempt: 2, step: 20 });
    const steps = await again.steps();
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(new Set(steps.map(({ attempt }) => attempt))).toEqual(new Set([2]));
  });

  it("refuses a folder that is no run", async () => {
    const folder = runsFolder();
    await mkdir(join(folder, "mine"));
    await writeFile(join(folder, "mine", "thesis.txt"), "x");
    await expect(launchRun(fakePlan(), { name: "mine", folder })).rejects.toMatchObject({ code: "RUN_NAME_TAKEN" });
    expect(readdirSync(join(folder, "mine"))).toEqual(["thesis.txt"]);
  });

  it.each(["", "a b", "../x", ".hidden", "a/b", "x=1", "-x", 5])("refuses the name %j", async (name) => {
    await expect(async () =>
      launchRun(fakePlan(), { name: name as string, folder: runsFolder() }),
    ).rejects.toMatchObject({
      code: "RUN_NAME_ILLEGAL",
    });
  });
});

describe("faults", () => {
  it("names rank, signal, and log when a worker is killed, at once, and leaves nothing alive", async () => {
    const folder = runsFolder();
    const plan = fakePlan({ steps: 1000, environment: { FAKE_DIE: "1:7:SIGKILL" } });
    const began = Date.now();
    const started = launch(plan, { name: "killed", folder }).then((one) => one.wait({ timeout: "4m" }));
    const error = await started.catch((reason: unknown) => reason);
    const run = await openRun("killed", { folder });
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(error).toBeInstanceOf(RunFailedError);
    expect(error).toMatchObject({ code: "RUN_FAILED", rank: 1, signal: "SIGKILL", exitCode: undefined });
    expect((error as RunFailedError).logTail.at(-1)).toContain("samples/s/p");
    expect((error as RunFailedError).message).toContain("rank 1 was killed by SIGKILL after step 7 of 1000");
    expect(await alive(run)).toBe(0);
    expect(await run.status()).toMatchObject({ state: "failed", processes: 0, failure: { rank: 1 } });
  });

  it("quotes the exception of the worker that failed", async () => {
    const plan = fakePlan({ environment: { FAKE_DIE: "0:2:exception" } });
    const run = launch(plan, { name: "exception", folder: runsFolder() });
    await expect(run.then((started) => started.wait())).rejects.toMatchObject({
      rank: 0,
      exitCode: 1,
      message: expect.stringContaining("RuntimeError: broken on purpose"),
    });
  });

  it("is failed when msrun ends with 0 but no worker wrote Training Over", async () => {
    const run = launch(fakePlan({ environment: { FAKE_SILENT: "1" } }), { name: "silent", folder: runsFolder() });
    await expect(run.then((started) => started.wait())).rejects.toMatchObject({
      code: "RUN_FAILED",
      rank: 0,
      exitCode: 0,
      message: expect.stringContaining('never wrote "Training Over!"'),
    });
  });

  it("throws with the end of msrun's log when the engine dies at once", async () => {
    const plan = fakePlan({ environment: { FAKE_LAUNCHER_EXIT: "3" } });
    await expect(launchRun(plan, { name: "dead", folder: runsFolder() })).rejects.toMatchObject({
      code: "RUN_FAILED",
      exitCode: 3,
      message: expect.stringContaining("No module named 'mindspore'"),
    });
  });

  it("says that the set-up is missing when there is no msrun, and writes nothing", async () => {
    const folder = runsFolder();
    const plan = fakePlan();
    const commands: typeof plan.commands = (place) =>
      plan.commands(place).map((one) => ({ ...one, argv: ["/nowhere/msrun", ...one.argv.slice(1)] }));
    await expect(launchRun({ ...plan, commands }, { name: "none", folder })).rejects.toMatchObject({
      code: "ENGINE_MISSING",
      hint: "npm run setup",
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("a plan for NPUs started eight workers on a laptop, which failed a minute later", async () => {
    const folder = runsFolder();
    const plan = fakePlan();
    const ascend = { ...plan, cluster: { ...plan.cluster, device: "Ascend" as const } };
    await expect(launchRun(ascend, { name: "npu", folder })).rejects.toMatchObject({
      code: "DEVICE_MISSING",
      hint: expect.stringContaining('device: "CPU"'),
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("stopping", () => {
  it("asks for a checkpoint, waits for it, and is stopped with nothing left", async () => {
    const run = await launch(fakePlan({ steps: 5000 }), { name: "graceful", folder: runsFolder() });
    await run.wait({ untilStep: 5 });
    const status = await run.stop();
    expect(status.state).toBe("stopped");
    expect(status.checkpointStep).toBe(status.step);
    expect(existsSync(join(run.checkpointDir, "rank_1", "meta.json"))).toBe(true);
    expect(await alive(run)).toBe(0);
    expect(await run.stop()).toMatchObject({ state: "stopped" });
  });

  it("interrupts an engine that does not react, after the time it was given", async () => {
    const run = await launch(fakePlan({ steps: 5000, environment: { FAKE_DEAF: "1" } }), {
      name: "deaf",
      folder: runsFolder(),
    });
    await run.wait({ untilStep: 2 });
    const status = await run.stop({ timeout: "500ms" });
    expect(status).toMatchObject({ state: "stopped", processes: 0 });
    expect(status.message).toContain("without a new checkpoint");
  });

  it("interrupts at once when asked to", async () => {
    const run = await launch(fakePlan({ steps: 5000 }), { name: "now", folder: runsFolder() });
    expect(await run.stop({ graceful: false })).toMatchObject({ state: "stopped", processes: 0 });
  });

  it("canceling a cell that waits does not touch the training", async () => {
    const run = await launch(fakePlan({ steps: 5000 }), { name: "cancel", folder: runsFolder() });
    const cell = new AbortController();
    const waiting = run.wait({ signal: cell.signal });
    setTimeout(() => cell.abort(), 50);
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    const step = (await run.status()).step;
    await run.wait({ untilStep: step + 3, timeout: "4m" });
    await expect(run.wait({ untilStep: 4999, timeout: "100ms" })).rejects.toMatchObject({ code: "RUN_WAIT_TIMEOUT" });
  });
});

describe("ports", () => {
  it("takes a free port when the default one is in use and the caller left it open", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.once("error", () => resolve()); // somebody else holds it: just as good
      server.listen(8118, "0.0.0.0", resolve);
    });
    const run = await launch(fakePlan(), { name: "port", folder: runsFolder() });
    const command = run.description.commands[0];
    expect(command && Number(launcherOption(command, "master_port"))).toBeGreaterThanOrEqual(20_000);
    server.close();
  });

  it("a port that is taken after the launch costs seconds, not ten minutes: an attempt on another port", async () => {
    const folder = runsFolder();
    const pidFile = join(folder, "stranger");
    const environment = { FAKE_LISTEN: "1", FAKE_TAKE_PORT: pidFile };
    const run = await launch(fakePlan({ steps: 3, environment }), { name: "taken", folder });
    const status = await run.wait({ timeout: "4m" }).finally(() => process.kill(Number(readFileSync(pidFile, "utf8"))));
    expect(status).toMatchObject({ state: "finished", attempt: 2, step: 3 });
    const { commands } = JSON.parse(readFileSync(join(run.folder, "control", "run-1.json"), "utf8"));
    const [first, second] = [commands[0], run.description.commands[0]];
    expect(second && launcherOption(second, "master_port")).not.toBe(launcherOption(first, "master_port"));
  });

  it("a chosen port that is taken after the launch ends the run, which names port and scheduler.log", async () => {
    const folder = runsFolder();
    const pidFile = join(folder, "stranger");
    const port = await freePort();
    const environment = { FAKE_LISTEN: "1", FAKE_TAKE_PORT: pidFile };
    const plan = fakePlan({ steps: 3, port, environment });
    const end = launch(plan, { name: "chosen", folder }).then((run) => run.wait({ timeout: "4m" }));
    await expect(end).rejects.toMatchObject({
      code: "RUN_FAILED",
      message: expect.stringMatching(new RegExp(`port ${port}: another process .*scheduler\\.log`)),
    });
    process.kill(Number(readFileSync(pidFile, "utf8")));
  });

  it("refuses a chosen port that is in use, with its holder and a free one", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "0.0.0.0", () => resolve((server.address() as { port: number }).port));
    });
    await expect(launchRun(fakePlan({ port }), { name: "port", folder: runsFolder() })).rejects.toMatchObject({
      code: "PORT_IN_USE",
      message: expect.stringContaining(`process ${process.pid}`),
      hint: expect.stringMatching(/port: \d+/),
    });
    server.close();
  });
});

describe("opening and listing", () => {
  it("names the runs that exist when one is missing", async () => {
    const folder = runsFolder();
    await (await launch(fakePlan(), { name: "here", folder })).wait();
    await expect(openRun("there", { folder })).rejects.toMatchObject({
      code: "RUN_MISSING",
      message: expect.stringContaining("here"),
    });
    expect(() => compareRuns([]).plot("los" as "loss")).toThrow(/plot "los": expected loss, lm_loss/);
    const list = await listRuns({ folder });
    expect(list.map(({ name }) => name)).toEqual(["here"]);
    expect(list[displayKey]()["text/plain"]).toContain("finished");
  });

  it("says what is wrong with a folder whose run.json is damaged or from a later version", async () => {
    const folder = runsFolder();
    for (const text of ["{", '{"layout":99}', '{"layout":1}']) {
      await mkdir(join(folder, "odd"), { recursive: true });
      await writeFile(join(folder, "odd", "run.json"), text);
      await expect(openRun("odd", { folder })).rejects.toMatchObject({ code: "RUN_FOLDER_UNREADABLE" });
    }
    const list = await listRuns({ folder });
    expect(list).toEqual([]);
    expect(list[displayKey]()["text/plain"]).toMatch(/odd +damaged/);
  });

  it("trusts the events of a run that another machine supervises, as long as they show life", async () => {
    const folder = runsFolder();
    const run = await launch(fakePlan({ steps: 5000 }), { name: "there", folder });
    await run.wait({ untilStep: 3 });
    const path = join(run.folder, "run.json");
    const here = readFileSync(path, "utf8");
    await writeFile(path, JSON.stringify({ ...JSON.parse(here), host: "other" }));
    const seen = await openRun("there", { folder });
    expect((await seen.status()).state).toBe("training");
    await writeFile(path, here);
  });
});
