// node test/bench/run/many-nodes.mjs [nodes=128] [ranks=8]: time to the last start over many nodes. Every node is a
// program of its own that speaks the node program's protocol over a pipe, as ssh would pass it on; it is written in
// Python without packages, as that program is, and starts nothing. Needs a build.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [count = 128, ranks = 8] = process.argv.slice(2).map(Number);
const built = join(import.meta.dirname, "../../../dist/src/");
const { inParallel } = await import(`${built}run/nodes/in-parallel.js`);
const { RemoteNode } = await import(`${built}run/nodes/remote-node.js`);

const standIn = `
import json, os, sys, time
read, say = sys.stdin.buffer, lambda value: os.write(1, b"\\x1e" + json.dumps(value).encode() + b"\\n")
read.read(int(read.readline()))
say({"hello": {"protocol": 1, "state": None, "time": time.time() * 1000}})
for line in read:
    asked = json.loads(line)
    launcher = {"pid": 1, "host": "h", "place": "p"}
    given = asked.get("params") or {}
    started = {"run": given.get("run"), "attempt": given.get("attempt"), "launcher": launcher, "started": True}
    say({"id": asked["id"], "result": started if asked["method"] == "start" else time.time() * 1000})
`;

const folder = mkdtempSync(join(tmpdir(), "many-nodes-"));
const script = join(folder, "stand-in.py");
writeFileSync(script, standIn);
try {
  const nodes = Array.from({ length: count }, (_, nodeRank) => {
    const name = `n${nodeRank}`;
    const connector = { name, argv: ["python3", "-I", "-S", script], explain: () => new Error(name) };
    return new RemoteNode({ name, nodeRank, folder: "/runs/x", run: "r", from: "me", connector });
  });
  const [began, processor, before] = [performance.now(), process.cpuUsage(), process.memoryUsage().rss];
  const outcomes = await inParallel(nodes, (node) => {
    const argv = ["msrun", `--worker_num=${count * ranks}`, `--local_worker_num=${ranks}`];
    const command = { node: node.name, nodeRank: node.nodeRank, argv, environment: {} };
    return node.start({ attempt: 1, command, files: [] });
  });
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(processor);
  const memory = (process.memoryUsage().rss - before) / 1e6;
  await Promise.all(nodes.map((node) => node.close()));
  const started = outcomes.filter(({ status }) => status === "fulfilled").length;
  console.log(
    `${started} of ${count} nodes with ${ranks} ranks started: ${seconds.toFixed(2)} s to the last one, of which ` +
      `${((user + system) / 1e6).toFixed(2)} s of processor time here; memory grew by ${memory.toFixed(0)} MB`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
