import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { LabError } from "../../../../src/core/error.js";
import { inParallel } from "../../../../src/run/nodes/in-parallel.js";
import { RemoteNode } from "../../../../src/run/nodes/remote-node.js";

const folder = mkdtempSync(join(tmpdir(), "many-nodes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Plays the node program behind a connection: reads the program, then answers every question.
const standIn = `
const say = (value) => process.stdout.write("\\u001e" + JSON.stringify(value) + "\\n");
let rest = Buffer.alloc(0), skip;
process.stdin.on("data", (portion) => {
  rest = Buffer.concat([rest, portion]);
  if (skip === undefined) {
    const end = rest.indexOf(10);
    if (end < 0) return;
    skip = Number(rest.subarray(0, end));
    rest = rest.subarray(end + 1);
    say({ hello: { protocol: 1, state: null, time: Date.now() } });
  }
  if (skip > 0) { const gone = Math.min(skip, rest.length); skip -= gone; rest = rest.subarray(gone); }
  for (let end = rest.indexOf(10); skip === 0 && end >= 0; end = rest.indexOf(10)) {
    const { id, method, params } = JSON.parse(rest.subarray(0, end));
    rest = rest.subarray(end + 1);
    const launcher = { pid: 1, host: "h", place: "p" };
    const started = { run: params.run, attempt: params.attempt, launcher, started: true };
    const result = method === "start" ? started : Date.now();
    say({ id, result });
  }
});`;

it("128 nodes of 8 ranks over a stand-in transport start within a bounded time and memory", async () => {
  const script = join(folder, "stand-in.cjs");
  writeFileSync(script, standIn);
  const connector = (name: string) => ({
    name,
    argv: [process.execPath, script],
    explain: () => new LabError("NODE_UNREACHABLE", `node ${name}`, { hint: "" }),
  });
  const nodes = Array.from({ length: 128 }, (_, nodeRank) => {
    const name = `n${nodeRank}`;
    return new RemoteNode({ name, nodeRank, folder: `/runs/x`, run: "r", from: "me", connector: connector(name) });
  });
  const before = process.memoryUsage().rss;
  const began = performance.now();
  const processor = process.cpuUsage();
  const outcomes = await inParallel(nodes, (node) => {
    const command = { node: node.name, nodeRank: node.nodeRank, argv: ["msrun"], environment: {} };
    return node.start({ attempt: 1, command, files: [] });
  });
  const own = process.cpuUsage(processor);
  const seconds = (performance.now() - began) / 1000;
  const grown = (process.memoryUsage().rss - before) / 1e6;
  await Promise.all(nodes.map((node) => node.close()));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(128);
  // What this process itself needs: the stand-ins are 128 more processes on the machine of the test.
  expect((own.user + own.system) / 1e6, `${seconds.toFixed(1)} s in all`).toBeLessThan(5);
  expect(grown).toBeLessThan(200);
});
