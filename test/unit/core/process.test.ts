import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EventLogReader, EventLogWriter, formatEvent, parseEvent } from "../../../src/core/event-log.js";
import { FileTail, LineSplitter, lastLines } from "../../../src/core/lines.js";
import { isRunning, processIdentity } from "../../../src/core/liveness/process-identity.js";
import { markedProcesses } from "../../../src/core/liveness/process-table.js";
import { runProgram, startProgram } from "../../../src/core/process.js";
import { runsFolder } from "../../support/fake-plan.js";

const node = process.execPath;
const temporary = async () => runsFolder();

describe("programs", () => {
  it("gives arguments as they are, never through a shell", async () => {
    const output = await runProgram({ argv: [node, "-p", "process.argv.slice(1).join('|')", "a b", "$HOME", "`x`;*"] });
    expect(output).toEqual({ exitCode: 0, signal: undefined, stdout: "a b|$HOME|`x`;*", stderr: "" });
  });

  it("reports exit codes and signals", async () => {
    expect(await runProgram({ argv: [node, "-e", "process.exit(3)"] })).toMatchObject({ exitCode: 3 });
    expect(await runProgram({ argv: [node, "-e", "process.kill(process.pid, 'SIGKILL')"] })).toMatchObject({
      signal: "SIGKILL",
    });
  });

  it("says which program is missing", async () => {
    await expect(runProgram({ argv: ["/nowhere/tool"] })).rejects.toMatchObject({ code: "PROGRAM_NOT_STARTED" });
  });

  it("stops a program that ignores SIGTERM, with everything it started", async () => {
    const script =
      'process.on("SIGTERM", () => {}); require("node:child_process").spawn(process.execPath, ' +
      '["-e", "setInterval(() => {}, 1000)"]); console.log("up"); setInterval(() => {}, 1000)';
    let up = () => {};
    const started = new Promise<void>((resolve) => {
      up = resolve;
    });
    const program = await startProgram({
      argv: [node, "-e", script],
      environment: { CORE_TEST: "tree" },
      onLine: () => up(),
    });
    await started;
    expect((await markedProcesses("CORE_TEST", "tree")).length).toBe(2);
    expect(await program.stop({ graceMs: 100 })).toMatchObject({ signal: "SIGKILL" });
    await expect.poll(() => markedProcesses("CORE_TEST", "tree"), { timeout: 20_000 }).toEqual([]);
  });

  it("ends with the signal's reason when it fires, and after its time", async () => {
    const argv = [node, "-e", "setInterval(() => {}, 1000)"];
    const controller = new AbortController();
    const running = runProgram({ argv, signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 50);
    await expect(running).rejects.toThrow("enough");
    await expect(runProgram({ argv, timeoutMs: 100 })).rejects.toMatchObject({ code: "PROGRAM_TOO_SLOW" });
  });

  it("tells a living process from a dead one and from another with the same number", async () => {
    const program = await startProgram({ argv: [node, "-e", "setInterval(() => {}, 1000)"] });
    const identity = processIdentity(program.pid);
    if (!identity) throw new Error("no identity");
    expect(isRunning(identity)).toBe(true);
    expect(isRunning({ ...identity, startTicks: identity.startTicks + 1 })).toBe(false);
    expect(isRunning({ ...identity, place: "other" })).toBe(false);
    program.signal("SIGKILL");
    await program.end;
    expect(isRunning(identity)).toBe(false);
  });
});

describe("lines", () => {
  it("puts lines together from any portions, also within a character", () => {
    const bytes = Buffer.from("eins\r\nzwölf █\ndrei");
    for (let size = 1; size < bytes.length; size += 1) {
      const splitter = new LineSplitter();
      const lines: string[] = [];
      for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.push(bytes.subarray(at, at + size)));
      expect([...lines, ...splitter.end()]).toEqual(["eins", "zwölf █", "drei"]);
    }
  });

  it("follows a file that grows, does not exist yet, and starts over", async () => {
    const path = join(await temporary(), "log");
    const tail = new FileTail(path);
    expect(await tail.read()).toEqual([]);
    await writeFile(path, "one\ntw");
    expect(await tail.read()).toEqual(["one"]);
    await writeFile(path, "one\ntwo\nthree\n");
    expect(await tail.read()).toEqual(["two", "three"]);
    await writeFile(path, "new\n");
    expect(await tail.read()).toEqual(["new"]);
  });

  it("reads the last lines of a long file", async () => {
    const path = join(await temporary(), "log");
    await writeFile(path, Array.from({ length: 5000 }, (_, i) => `${"x".repeat(i % 400)}${i}\n`).join(""));
    expect((await lastLines(path, 3)).map((line) => line.replaceAll("x", ""))).toEqual(["4997", "4998", "4999"]);
    expect(await lastLines(path, 10_000)).toHaveLength(5000);
    expect(await lastLines(`${path}-none`, 3)).toEqual([]);
  });
});

describe("the event log", () => {
  it("keeps numbers that JSON has no word for", () => {
    const event = { kind: "step", loss: Number.NaN, norm: Number.NEGATIVE_INFINITY, text: "NaN", list: [Infinity] };
    expect(parseEvent(formatEvent(event))).toEqual(event);
  });

  it("says that a disk is full, each time again", async () => {
    const writer = await EventLogWriter.open("/dev/full");
    await expect(writer.append([{ n: 1 }])).rejects.toMatchObject({ code: "ENOSPC" });
    await expect(writer.append([{ n: 1 }])).rejects.toMatchObject({ code: "ENOSPC" });
    await writer.close();
  });

  it("waits for the end of the last line, passes over damage, and loses no event after a crash in the middle of one", async () => {
    const path = join(await temporary(), "events.jsonl");
    const reader = new EventLogReader(path);
    const writer = await EventLogWriter.open(path);
    await writer.append([{ n: 1 }, { n: 2 }], { durable: true });
    await writer.close();
    const file = await open(path, "a");
    await file.write('{"n":3,"tex');
    await file.close();
    expect(await reader.read()).toEqual([{ n: 1 }, { n: 2 }]);
    const next = await EventLogWriter.open(path);
    await next.append([{ n: 4 }]);
    await next.close();
    expect(await reader.read()).toEqual([{ n: 4 }]);
    expect(reader.skipped).toBe(1);
    expect((await readFile(path, "utf8")).endsWith('{"n":4}\n')).toBe(true);
  });
});
