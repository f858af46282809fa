import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

// A hundred of them, through Jupyter's own client: test/bench/kernel/bench.py --restarts 100.
it("10 restarts on the same ports leave no process and no file, and every kernel ends with code 0", async () => {
  const first = await WireClient.start();
  const shared = join(tmpdir(), `mindformers-lab-${process.getuid?.()}`);
  const before = existsSync(shared) ? readdirSync(shared) : [];
  const pids = [first.process.pid];
  let client = first;
  for (let round = 0; round < 10; round++) {
    await client.execute("console.log('x'); return 1");
    await client.send("shutdown_request", { restart: true }, "control");
    expect(await client.exited).toEqual({ code: 0, signal: null });
    client = await client.again();
    pids.push(client.process.pid);
  }
  await client.send("shutdown_request", { restart: false }, "control");
  await client.exited;
  const mine = (name: string) => pids.some((pid) => name.includes(`-${pid}`));
  expect(readdirSync(shared).filter((name) => !before.includes(name) && mine(name))).toEqual([]);
  expect(readdirSync(first.folder).sort()).toEqual(["connection.json", "data"]);
  await client.stop();
});
