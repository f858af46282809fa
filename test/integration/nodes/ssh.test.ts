import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { runProgram } from "../../../src/core/process.js";
import { parseHost } from "../../../src/plan/command/hosts.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { launchRun } from "../../../src/run/launch/launch.js";
import type { NodeSign } from "../../../src/run/nodes/node.js";
import { RemoteNode } from "../../../src/run/nodes/remote-node.js";
import { remoteLine, sshConnector } from "../../../src/run/nodes/ssh.js";
import { type LoopbackSshd, sshKey, startLoopbackSshd } from "../../support/hosts/loopback-sshd.js";
import { freePort } from "../../support/ports.js";

const python = "/usr/bin/python3";
const folder = mkdtempSync(join(tmpdir(), "ssh-nodes-"));
let sshd: LoopbackSshd;
const opened: RemoteNode[] = [];
let made = 0;

beforeAll(async () => {
  sshd = await startLoopbackSshd();
});
afterEach(async () => {
  for (const node of opened.splice(0)) {
    await node.end({ graceMs: 0 }).catch(() => undefined);
    await node.close();
  }
});
afterAll(async () => {
  await sshd.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Wanted {
  readonly place?: string;
  readonly run?: string;
  readonly host?: string;
  readonly python?: string;
  readonly setup?: string;
  readonly config?: string;
  readonly supervisor?: string;
}

function node(wanted: Wanted = {}): RemoteNode {
  const place = wanted.place ?? join(folder, `run-${made++}`);
  const access = {
    sshConfig: wanted.config ?? sshd.config,
    container: [],
    ...(wanted.setup !== undefined && { setup: wanted.setup }),
  };
  const connector = sshConnector(access, parseHost(wanted.host ?? sshd.host), {
    folder: place,
    nodeRank: 0,
    python: wanted.python ?? python,
  });
  const one = new RemoteNode({
    name: "a",
    nodeRank: 0,
    folder: place,
    run: wanted.run ?? "run-1",
    from: "here",
    connector,
    ...(wanted.supervisor !== undefined && { supervisor: wanted.supervisor }),
  });
  opened.push(one);
  return one;
}

const command = (script: string, environment: Record<string, string> = {}) => ({
  node: "a",
  nodeRank: 0,
  argv: ["bash", "-c", script],
  environment,
});

function until(one: RemoteNode, kind: NodeSign["kind"]): Promise<NodeSign> {
  return new Promise((resolve) => {
    const leave = one.watch((sign) => {
      if (sign.kind !== kind) return;
      leave();
      resolve(sign);
    });
  });
}

it("starts a command once, follows its output, and learns how it ended", async () => {
  const one = node();
  const start = {
    attempt: 1,
    command: command('echo "$GREETING"; cat config.yaml; read -r line < release; exit 3', { GREETING: "héllo" }),
    files: [{ path: "config.yaml", text: "a: 1.e-8\n" }],
  };
  mkdirSync(one.folder, { recursive: true });
  await runProgram({ argv: ["mkfifo", join(one.folder, "release")] });
  const [launcher, again] = [await one.start(start), await one.start(start)];
  expect(again).toEqual(launcher);
  expect((await one.processes())[0]).toMatchObject({ ...launcher, role: "launcher", attempt: 1 });
  const seen: string[] = [];
  for await (const portion of one.follow({ patterns: ["logs/attempt-1/node-0/*.log"] })) {
    seen.push(...portion.flatMap(({ lines }) => lines));
    if (seen.length >= 2) break;
  }
  expect(seen).toEqual(["héllo", "a: 1.e-8"]);
  const ended = until(one, "ended");
  writeFileSync(join(one.folder, "release"), "go\n");
  expect(await ended).toMatchObject({ end: { attempt: 1, exitCode: 3 } });
  const journal = readFileSync(join(one.folder, "events/node-0.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).kind);
  expect(journal).toEqual(["started", "ended"]);
});

it("the command outlives a lost connection; no line is lost or delivered twice", async () => {
  const one = node();
  const script = "for i in $(seq 1 200); do echo line $i; sleep 0.02; done";
  await one.start({ attempt: 1, command: command(script), files: [] });
  const signs: string[] = [];
  one.watch((sign) => signs.push(sign.kind));
  const seen: string[] = [];
  let cut = false;
  for await (const portion of one.follow({ patterns: ["logs/attempt-1/node-0/msrun.log"] })) {
    seen.push(...portion.flatMap(({ lines }) => lines));
    if (!cut && seen.length > 20) {
      cut = true;
      for (const pid of sshd.sessions()) process.kill(pid, "SIGKILL");
    }
    if (seen.length >= 200) break;
  }
  expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => `line ${index + 1}`));
  expect(signs.filter((kind) => kind === "unreachable" || kind === "reachable")).toEqual(["unreachable", "reachable"]);
});

it("a newer attempt first ends everything an older one left; an older one is refused", async () => {
  const one = node();
  const orphan = "setsid sleep 1000 & sleep 1000";
  const first = await one.start({ attempt: 1, command: command(orphan), files: [] });
  expect((await one.processes()).length).toBeGreaterThan(1);
  const second = await one.start({ attempt: 2, command: command("sleep 1000"), files: [] });
  const left = await one.processes();
  expect(left.map(({ attempt }) => attempt)).toEqual(left.map(() => 2));
  expect(second).not.toEqual(first);
  await expect(one.start({ attempt: 1, command: command("sleep 1000"), files: [] })).rejects.toMatchObject({
    code: "NODE_BUSY",
  });
  expect(await one.end({ graceMs: 0 })).toEqual([]);
  expect(await one.processes()).toEqual([]);
});

it("one folder launched from two machines at once: one wins, the other learns who has it", async () => {
  const place = join(folder, "shared");
  const [one, other] = [node({ place, run: "run-1" }), node({ place, run: "run-2" })];
  const start = { attempt: 1, command: command("sleep 1000"), files: [] };
  const outcomes = await Promise.allSettled([one.start(start), other.start(start)]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const refused = outcomes.find((outcome) => outcome.status === "rejected");
  expect(refused?.reason).toMatchObject({ code: "NODE_BUSY", message: expect.stringContaining("launched from here") });
  expect((await one.processes()).length).toBe(1);
});

it("a supervisor that was replaced may look, but neither signals nor ends anything; nor may another run", async () => {
  const place = join(folder, "fenced");
  const start = { attempt: 1, command: command("sleep 1000"), files: [] };
  const [old, next] = [node({ place, supervisor: "old" }), node({ place, supervisor: "next" })];
  const launcher = await old.start(start);
  expect(await next.start(start)).toEqual(launcher);
  await expect(old.signal("engine", "SIGKILL")).rejects.toMatchObject({ code: "RUN_LEASE_LOST" });
  await expect(old.end({ graceMs: 0 })).rejects.toMatchObject({ code: "RUN_LEASE_LOST" });
  await expect(node({ place, run: "other" }).end({ graceMs: 0 })).rejects.toMatchObject({ code: "NODE_BUSY" });
  expect((await old.processes()).length).toBe(1);
  expect(await next.end({ graceMs: 0 })).toEqual([]);
});

it("records of logs are searched on the node, by level and text, with their times", async () => {
  const one = node();
  const line = "2026-11-28 22:43:14,900 - mindformers/o[a.py:7] - ERROR - broken";
  await one.write(
    "logs/attempt-1/node-0/worker_0.log",
    `${line}\n  its second line\n${line.replace("ERROR", "INFO")}\n`,
  );
  const limits = { since: null, until: null, tail: 5 };
  const asked = { patterns: ["logs/**/worker_*.log"], level: 3, match: { source: "BROKEN", flags: "i" }, ...limits };
  expect(await one.ask("search", asked)).toMatchObject({
    files: 1,
    records: [{ offset: 0, level: "ERROR", text: `${line}\n  its second line`, time: expect.any(Number) }],
  });
});

it("SIGKILL of the launcher is reported as a signal, not as ssh's 255", async () => {
  const one = node();
  await one.start({ attempt: 1, command: command("sleep 1000"), files: [] });
  const ended = until(one, "ended");
  expect(await one.signal("launcher", "SIGKILL")).toBe(1);
  expect(await ended).toMatchObject({ end: { signal: "SIGKILL" } });
});

it("a program that is not there is named, and a Python that is not there as well, with the line to type", async () => {
  const start = { attempt: 1, command: { ...command(""), argv: ["/nowhere/msrun"] }, files: [] };
  await expect(node().start(start)).rejects.toMatchObject({
    code: "NODE_START_FAILED",
    message: expect.stringContaining("/nowhere/msrun"),
  });
  await expect(node({ python: "/nowhere/python" }).processes()).rejects.toMatchObject({
    code: "NODE_PROGRAM_FAILED",
    message: expect.stringContaining("/nowhere/python"),
    hint: expect.stringContaining("ls -l /nowhere/python"),
  });
});

it("a setup script that needs bash and prints is sourced; its variables reach the command", async () => {
  const setup = join(folder, "set env.sh");
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an array of bash
  writeFileSync(setup, 'echo "welcome"\nvalues=(one two)\nexport FROM_SETUP="${values[1]}"\n');
  const one = node({ setup });
  await one.start({ attempt: 1, command: command('echo "$FROM_SETUP"'), files: [] });
  for await (const portion of one.follow({ patterns: ["logs/**/msrun.log"] })) {
    expect(portion.flatMap(({ lines }) => lines)).toEqual(["two"]);
    break;
  }
});

it("files are read in ranges, listed, and written whole; a file that is not there is undefined", async () => {
  const one = node();
  await one.write("control/graceful_exit.json", '{"GracefulExit": 1}\n');
  expect(Buffer.from((await one.read("control/graceful_exit.json", { offset: 2, length: 12 })) ?? []).toString()).toBe(
    "GracefulExit",
  );
  expect(await one.read("nothing", { offset: 0, length: 1 })).toBeUndefined();
  expect(await one.list("control/*")).toEqual([
    expect.objectContaining({ path: "control/graceful_exit.json", size: 20 }),
  ]);
});

it.each([
  ["an unknown host key", /host key is not known/, () => ({ knownHosts: "" })],
  ["a changed host key", /differs from the one in known_hosts/, (other: string) => ({ knownHosts: other })],
  ["no permission", /refuses the login/, () => ({ identity: true })],
] as const)("never prompts: %s is an error that names the host and the line to type", async (_, message, how) => {
  const stranger = join(folder, `stranger-${made++}`);
  sshKey(stranger);
  const key = readFileSync(`${stranger}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  const wanted: { knownHosts?: string; identity?: boolean } = how(`[127.0.0.1]:${sshd.port} ${key}\n`);
  const [config, knownHosts] = [`${stranger}.config`, `${stranger}.known_hosts`];
  writeFileSync(knownHosts, wanted.knownHosts ?? readFileSync(sshd.knownHosts));
  const identity = wanted.identity ? stranger : /IdentityFile (.*)/.exec(readFileSync(sshd.config, "utf8"))?.[1];
  writeFileSync(
    config,
    `IdentityFile ${identity}\nIdentitiesOnly yes\nUserKnownHostsFile ${knownHosts}\nGlobalKnownHostsFile /dev/null\n`,
  );
  await expect(node({ config }).processes()).rejects.toMatchObject({
    code: "NODE_UNREACHABLE",
    message: expect.stringMatching(message),
    hint: expect.stringContaining("127.0.0.1"),
  });
});

it("no sshd: refused at once, with the host's name", async () => {
  const host = `root@127.0.0.1:${await freePort()}`;
  await expect(node({ host }).processes()).rejects.toMatchObject({
    code: "NODE_UNREACHABLE",
    message: expect.stringContaining(`node ${host}: nothing accepts ssh there`),
  });
});

it("a launch names every host that can't be reached, not only the first", async () => {
  const hosts = ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"];
  const runs = mkdtempSync(join(tmpdir(), "unreached-"));
  const tiny = (await openConfig("pretrain_deepseek3_tiny_cpu")).set("parallel_config.data_parallel", 3);
  const plan = await planRun(tiny, { cluster: { device: "CPU", hosts, devicesPerNode: 1 }, onErrors: "show" });
  const launched = launchRun(plan, { name: "far", folder: runs, override: "only the hosts matter" });
  await expect(launched).rejects.toMatchObject({
    code: "NODE_UNREACHABLE",
    message: expect.stringMatching(/^3 of 3 nodes can't be reached:\n- node .*:1: .*\n- node .*:2: .*\n- node .*:3: /),
    hint: expect.stringMatching(/^await checkCluster\(plan\) shows all nodes; in a terminal: ssh -p 1 /),
  });
  rmSync(runs, { recursive: true });
});

const program = "import json,sys;print(json.dumps(sys.argv[1:]))";
const odd = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) => !/[\0\r\n\ud800-\udfff]/.test(text));
const tricky = fc.constantFrom(
  "",
  "~",
  "=ls",
  "$(id)",
  "`id`",
  "a'b",
  '\\"',
  "!x",
  "*",
  "{a,b}",
  "#",
  "-n",
  "\t",
  "\\",
);

it.each(["sh", "bash"])("words of any characters arrive as they are through the login shell %s", async (shell) => {
  const words = fc.array(fc.oneof(odd, tricky), { minLength: 1, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(words, async (given) => {
      const line = remoteLine([python, "-c", program, ...given]);
      const { stdout, stderr } = await runProgram({ argv: [shell, "-c", line] });
      expect(JSON.parse(stdout || JSON.stringify(stderr))).toEqual(given);
    }),
    { numRuns: 12, seed: 12 },
  );
});

it("odd words arrive through ssh itself; a line end is refused", async () => {
  const given = ["a b", "'", '"', "\\", "$HOME", "*", "héé", ";", "&&", "<x>", "~", "!", ""];
  const argv = ["ssh", "-F", sshd.config, "-p", String(sshd.port), "127.0.0.1"];
  const { stdout } = await runProgram({ argv: [...argv, remoteLine([python, "-c", program, ...given])] });
  expect(JSON.parse(stdout)).toEqual(given);
  expect(() => remoteLine(["a\nb"])).toThrow(expect.objectContaining({ code: "CLUSTER_INVALID" }));
});

it("a login whose shell starts nothing is told from a cut link", () => {
  const access = { sshConfig: "/none", container: [] };
  const place = { folder: "/runs", nodeRank: 0, python };
  const { explain } = sshConnector(access, parseHost("me@somewhere"), place);
  const silent = { exitCode: undefined, signal: undefined, trouble: ["no sign of life for 60 s"] };
  expect(explain({ ...silent, established: false })).toMatchObject({
    message: "node me@somewhere: it accepts the login, but starts nothing (no sign of life for 60 s)",
    hint: expect.stringContaining("~/.bashrc"),
  });
  expect(explain({ ...silent, established: true }).message).toContain("the connection was cut");
});
