import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

const folder = mkdtempSync(join(tmpdir(), "history-"));
const environment = { JUPYTER_DATA_DIR: folder };
const open: WireClient[] = [];

async function start(): Promise<WireClient> {
  const client = await WireClient.start({ environment });
  open.push(client);
  return client;
}

afterEach(async () => {
  for (const client of open.splice(0)) await client.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ask(client: WireClient, content: object) {
  return (await client.request("history_request", { output: false, raw: true, ...content })).content.history;
}

it("history survives the kernel, also one that is killed, and sessions of several kernels don't mix", async () => {
  const [first, beside] = await Promise.all([start(), start()]);
  await first.execute("return 1");
  await beside.execute("return 'beside'");
  await first.execute("return 'two'");
  first.process.kill("SIGKILL");
  await first.exited;

  const later = await start();
  await later.execute("return 1");
  const everything = await ask(later, { hist_access_type: "tail", output: true });
  expect(everything.map(([session, line, [code]]: [number, number, string[]]) => [session, line, code])).toEqual([
    [1, 1, "return 1"],
    [1, 2, "return 'two'"],
    [2, 1, "return 'beside'"],
    [3, 1, "return 1"],
  ]);
  expect(everything[1][2]).toEqual(["return 'two'", "'two'"]);
  expect(await ask(later, { hist_access_type: "tail", n: 2 })).toEqual([
    [2, 1, "return 'beside'"],
    [3, 1, "return 1"],
  ]);
  expect(await ask(later, { hist_access_type: "range", session: -2, start: 2, stop: 3 })).toEqual([
    [1, 2, "return 'two'"],
  ]);
  expect(await ask(later, { hist_access_type: "range", session: 2, start: 0 })).toEqual([[2, 1, "return 'beside'"]]);
  expect(await ask(later, { hist_access_type: "range", session: 0, start: 1 })).toEqual([[3, 1, "return 1"]]);
  expect(await ask(later, { hist_access_type: "search", pattern: "return*", unique: true, n: 2 })).toEqual([
    [2, 1, "return 'beside'"],
    [3, 1, "return 1"],
  ]);
});

it("a kernel that runs no cell leaves no file, nor does one whose user wants no history", async () => {
  const before = readdirSync(folder, { recursive: true });
  const idle = await start();
  await ask(idle, { hist_access_type: "tail" });
  const off = await WireClient.start({ environment: { ...environment, MINDFORMERS_LAB_HISTORY: "off" } });
  open.push(off);
  await off.execute("return 1");
  expect(await ask(off, { hist_access_type: "tail" })).toEqual([[1, 1, "return 1"]]);
  expect(readdirSync(folder, { recursive: true })).toEqual(before);
});
