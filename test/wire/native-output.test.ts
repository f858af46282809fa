import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

let kernel: WireClient;
beforeAll(async () => {
  // As a notebook server starts it: with the server's own log as output.
  kernel = await WireClient.start({ before: ["sh", "-c", 'exec "$@" > server.log 2>&1', "sh"] });
});
afterAll(() => kernel.stop());

const modules = 'const fs = await import("node:fs"); ';

async function streamsOf(code: string): Promise<{ stdout: string; stderr: string; error: unknown }> {
  const { iopub } = await kernel.execute(`${modules}${code}`);
  const text = (name: string): string =>
    iopub
      .filter(({ type, content }) => type === "stream" && content.name === name)
      .map(({ content }) => content.text)
      .join("");
  const error = iopub.find(({ type }) => type === "error")?.content.evalue;
  return { stdout: text("stdout"), stderr: text("stderr"), error };
}

const children = 'const { execSync, spawn } = await import("node:child_process"); ';
const worker = (code: string): string =>
  `const { Worker } = await import("node:worker_threads");
  const worker = new Worker(${JSON.stringify(code)}, { eval: true });
  await new Promise((done) => worker.once("exit", done));`;

it.each([
  ["native code", 'console.error("a"); process._rawDebug("b"); console.error("c")', { stderr: "a\nb\nc\n" }],
  ["files that stand for the descriptors", 'fs.writeFileSync("/dev/stdout", "a\\n")', { stdout: "a\n" }],
  ["a worker's file system", worker('require("fs").writeSync(1, "a\\n")'), { stdout: "a\n" }],
  [
    "a worker's child process",
    worker('require("child_process").execSync("echo a; echo b >&2", { stdio: "inherit" })'),
    { stdout: "a\n", stderr: "b\n" },
  ],
  [
    "child processes between what the cell writes itself",
    `${children}for (const n of [1, 2]) { console.log(n); execSync("echo child " + n, { stdio: "inherit" }); }`,
    { stdout: "1\nchild 1\n2\nchild 2\n" },
  ],
  [
    "a shell script that opens /dev/stdout: the text before was lost",
    `${children}execSync("echo a; echo b > /dev/stdout; echo c", { stdio: "inherit" })`,
    { stdout: "a\nb\nc\n" },
  ],
])("output of %s is output of the cell, in order, and not of the server's log", async (_, code, expected) => {
  expect(await streamsOf(code)).toEqual({ stdout: "", stderr: "", error: undefined, ...expected });
  expect(readFileSync(join(kernel.folder, "server.log"), "utf8")).toBe("");
});

it("a child process that the cell waits for shows its output before it ends, and a full pipe stops nobody", async () => {
  const file = join(kernel.folder, "go");
  const script = `seq 1 50000; while [ ! -e ${file} ]; do read -t 0.01 _ < /dev/zero || true; done; echo end`;
  const id = await kernel.send("execute_request", {
    code: `${children}execSync(${JSON.stringify(script)}, { stdio: "inherit", shell: "/bin/bash" })`,
  });
  const text = (): string =>
    kernel.iopub
      .filter(({ type, parentId }) => type === "stream" && parentId === id)
      .map(({ content }) => content.text)
      .join("");
  await kernel.until(() => text().endsWith("\n50000\n"), "the last number");
  writeFileSync(file, "");
  await kernel.untilIdle(id);
  expect(text().split("\n").length).toBe(50_002);
  expect(text().endsWith("50000\nend\n")).toBe(true);
});

it("process.report writes where the user wants it: it went to a folder of the kernel's", async () => {
  const run = await streamsOf(
    `const { existsSync, mkdirSync } = await import("node:fs"); mkdirSync("sub");
    const written = process.report.writeReport("report.json"); process.report.directory = "sub";
    process.report.writeReport("other.json");
    console.log(["report.json", "sub/other.json"].map(existsSync).join(), process.report.directory, written)`,
  );
  expect(run.error).toBeUndefined();
  expect(run.stdout).toBe("true,true sub report.json\n");
});

it("a detached child process writes to the server's log, as it may outlive the kernel", async () => {
  const run = await streamsOf(
    `${children}const child = spawn("echo", ["kept"], { stdio: "inherit", detached: true });
    await new Promise((done) => child.once("close", done));`,
  );
  expect(run).toEqual({ stdout: "", stderr: "", error: undefined });
  expect(readFileSync(join(kernel.folder, "server.log"), "utf8")).toBe("kept\n");
});
