import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

// With the evaluator that ships: what blocks is the cell's own code.
describe("a cell that blocks", () => {
  let client: WireClient;
  beforeAll(async () => {
    client = await WireClient.start({ evaluator: "built" });
    const id = await client.send("execute_request", {
      code:
        'import { execSync, execFileSync, spawnSync, spawn } from "node:child_process"; ' +
        'let kept = 41; const server = spawn("sleep", ["120"]); 0',
    });
    // The evaluator loads first, which takes long on a machine that is busy.
    await client.until(() => client.replies.some(({ parentId }) => parentId === id), "the first reply", 55_000);
    const reply = await client.reply(id);
    expect(reply.content).toMatchObject({ status: "ok" });
  });
  afterAll(() => client.stop());

  it.each([
    ["a synchronous child process", 'execSync("sleep 60")'],
    ["a shell with more than one process", 'execSync("sleep 60; echo done; sleep 60")'],
    ["a child process that ignores Ctrl-C", `spawnSync("sh", ["-c", "trap '' INT; sleep 60; sleep 60"])`],
    ["a child process whose end the cell ignores", 'try { execFileSync("sleep", ["60"]) } catch {}; while (true) {}'],
    ["a flood of output", 'while (true) console.log("x".repeat(200))'],
    ["a flood of displays", 'while (true) display({ "text/plain": "x".repeat(200) })'],
    ["an await", "await new Promise(() => {})"],
    ["a loop", "while (true) {}"],
  ])("in %s is interrupted, and the state survives", async (_, code) => {
    const id = await client.send("execute_request", { code });
    await client.published(({ type, parentId }) => type === "execute_input" && parentId === id, "execute_input");
    const displays = () =>
      client.iopub.filter(({ type, parentId }) => type === "display_data" && parentId === id).length;
    if (code.includes("display(")) await client.until(() => displays() >= 2000, "2,000 displays");
    await client.request("interrupt_request", {}, "control");
    const reply = await client.reply(id);
    expect(reply.content).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
    const { iopub } = await client.execute("[kept + 1, server.exitCode]");
    const text = iopub.find(({ type }) => type === "execute_result")?.content.data["text/plain"];
    expect(text).toBe("[ 42, null ]");
  });

  it("child processes that end by themselves give what they always gave", async () => {
    const { iopub } = await client.execute(
      '[execSync("echo a").toString(), spawnSync("false").status, execFileSync.name]',
    );
    const text = iopub.find(({ type }) => type === "execute_result")?.content.data["text/plain"];
    expect(text).toBe("[ 'a\\n', 1, 'execFileSync' ]");
  });
});

describe("a heap that is full", () => {
  let client: WireClient;
  afterEach(() => client.stop());

  it("is reported with the limit and a way out, in the error and the reply of the cell, before the kernel ends; no report is left", async () => {
    client = await WireClient.start({ environment: { NODE_OPTIONS: "--max-old-space-size=120" } });
    const before = await client.send("execute_request", {
      code:
        "await new Promise((r) => setTimeout(r, 200)); " +
        "const all = []; for (;;) all.push(new Array(1000).fill(Math.random()))",
    });
    const waiting = await client.send("execute_request", { code: "return 1" });
    expect((await client.reply(before)).content).toMatchObject({ status: "error", ename: "OutOfMemoryError" });
    expect((await client.reply(waiting)).content.status).toBe("aborted");
    const error = client.iopub.find(({ type, parentId }) => type === "error" && parentId === before);
    // Node 24 counts the young generation in.
    expect(error?.content.evalue).toMatch(
      /^the JavaScript heap is full \(limit [13]\d\d MB\).*\nhint: .*--max-old-space-size=[236]\d\d before/,
    );
    await client.exited;
    const left = readdirSync(join(tmpdir(), `mindformers-lab-${process.getuid?.()}`));
    expect(left.filter((name) => name.includes(`fatal-${client.process.pid}`))).toEqual([]);
  });
});
