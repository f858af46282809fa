import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
});
afterAll(() => cells.close());

/** The rest of a cell that ends when what the cell before has begun is done. */
const untilDone = "while (!done) await new Promise((resolve) => setImmediate(resolve))";
const host = 'const host = (globalThis as any)[Symbol.for("Jupyter.host")];';

describe("what a cell prints", () => {
  it("arrives complete and in order: of 20,001 lines 502 did", async () => {
    const run = await cells.run("for (let i = 0; i <= 20_000; i++) console.log('line', i)");
    const lines = run.stream("stdout").trimEnd().split("\n");
    expect(lines).toHaveLength(20_001);
    expect(lines.every((line, i) => line === `line ${i}`)).toBe(true);
    // Batched: a message per line would be 20,001 of them.
    expect(run.messages().length).toBeLessThan(100);
  });

  it("keeps the order of stdout, stderr, displays and the result", async () => {
    const run = await cells.run(
      "console.log('1'); " +
        "console.error('2'); console.log('3'); display({ 'text/plain': '4' }); process.stdout.write('5'); 6",
    );
    const shown = run.messages().map(({ content }) => {
      const data = content.data as Record<string, string> | undefined;
      return data?.["text/plain"] ?? content.text;
    });
    expect(shown).toEqual(["1\n", "2\n", "3\n", "4", "5", "6"]);
  });

  it("has no colors, tables and groups and all", async () => {
    const run = await cells.run(
      "console.table([{ a: 1 }]); " +
        "console.group('g'); console.log({ b: [2] }); console.groupEnd(); console.dir({ c: new Map() })",
    );
    expect(run.stream("stdout")).toContain("│ (index) │ a │");
    expect(run.stream("stdout")).toContain("g\n  { b: [ 2 ] }\n{ c: Map(0) {} }");
    expect(run.stream("stdout")).not.toContain("\u001b");
    expect((await cells.run("process.stdout.isTTY")).text).toBe("false");
  });

  it("may be bytes, also with a character cut in two, and calls back", async () => {
    const run = await cells.run(
      "const bytes = Buffer.from('é→'); process.stdout.write(bytes.subarray(0, 1)); process.stdout.write(bytes.subarray(1));\nawait new Promise<void>((done) => process.stdout.write('!', () => done()))",
    );
    expect(run.stream("stdout")).toBe("é→!");
  });

  it.each([
    ["awaits", "while (!existsSync(file)) await new Promise((resolve) => setImmediate(resolve));"],
    ["blocks and prints on", "while (!existsSync(file)) console.log('more');"],
  ])("arrives while the cell still runs and %s", async (_, wait) => {
    const file = `seen-${randomUUID()}`;
    const running = cells.run(
      `import { existsSync } from "node:fs"; const file = "${file}"; console.log("early"); ${wait}`,
    );
    // The cell ends only when its first line has been seen.
    await cells.until((messages) => messages.some(({ content }) => String(content.text).includes("early")));
    cells.write(file, "");
    expect((await running).status).toBe("ok");
  });

  it("belongs to its cell also when it is late, while another cell runs: it came out under the wrong one", async () => {
    const first = await cells.run(
      "let due = false, done = false; " +
        "const late = () => { console.log('from the first'); done = true }; " +
        "const timer = setInterval(() => { if (due && !done) late() }, 1); undefined",
    );
    const second = await cells.run(`console.log('second'); due = true; ${untilDone}; clearInterval(timer)`);
    await cells.until(() => first.stream("stdout") !== "");
    expect(first.stream("stdout")).toBe("from the first\n");
    expect(second.stream("stdout")).toBe("second\n");
  });

  it("is not published for a silent cell, nor its result, error or displays", async () => {
    const silent = await cells.run("console.log('x'); display({ 'text/plain': 'y' }); 5", { silent: true });
    expect(silent.messages()).toEqual([]);
    expect((await cells.run("throw new Error('z')", { silent: true })).messages()).toEqual([]);
  });
});

describe("errors that nobody catches", () => {
  it("in a timer are shown under the cell that set it, and the kernel lives", async () => {
    const first = await cells.run(
      "function tick() {\n  done = true; throw new Error('in a timer');\n}\nlet due = false, done = false; " +
        "const timer = setInterval(() => { if (due && !done) tick() }, 1); undefined",
    );
    const second = await cells.run(`due = true; ${untilDone}; clearInterval(timer)`);
    await cells.until(() => first.stream("stderr") !== "");
    expect(first.stream("stderr")).toMatch(/Error: in a timer\nCell \[\d+\], line 2 in (Timeout\.)?tick/);
    expect(first.stream("stderr")).not.toContain("node:");
    expect(second.messages()).toEqual([]);
  });

  it("are shown also after a library has removed all listeners for them, which ended the kernel", async () => {
    await cells.run("process.removeAllListeners('uncaughtException').removeAllListeners('unhandledRejection');");
    const late = await cells.run("setTimeout(() => { throw new Error('in a timer') }, 5); undefined");
    await cells.until(() => late.stream("stderr").includes("in a timer"));
    const lost = await cells.run("Promise.reject(new Error('lost')); undefined");
    await cells.until(() => lost.stream("stderr").includes("lost"));
  });

  it("in a promise that nobody awaits are shown under the cell that made it", async () => {
    const first = await cells.run(
      "async function work() { await until; done = true; throw new Error('in a promise') }\n" +
        "let done = false, go = () => {}; " +
        "const until = new Promise<void>((resolve) => { go = resolve }); work(); undefined",
    );
    const second = await cells.run(`go(); ${untilDone}`);
    await cells.until(() => first.stream("stderr") !== "");
    expect(first.stream("stderr")).toMatch(/Error: in a promise\nCell \[\d+\], line 1 in work/);
    expect(second.messages()).toEqual([]);
  });

  it("are shown before the cell is over, if they happen at once", async () => {
    const run = await cells.run("Promise.reject(new Error('at once')); undefined");
    expect(run.stream("stderr")).toContain("Error: at once");
  });
});

describe("the host object and display()", () => {
  it("shows bundles, with an identity and metadata", async () => {
    const run = await cells.run(
      `${host} host.display({ "text/html": "<i>h</i>" }, { displayId: "one", metadata: { isolated: true } })`,
    );
    expect(run.messages()).toMatchObject([
      {
        type: "display_data",
        content: { data: { "text/html": "<i>h</i>" }, metadata: { isolated: true }, transient: { display_id: "one" } },
      },
    ]);
  });

  it("sends updates with the cell that runs, because batch clients drop others, and else with their own", async () => {
    const first = await cells.run(
      `import { existsSync } from "node:fs"; display({ 'text/plain': '0' }, { displayId: 'live' });
       let due = false, done = false;
       const update = (text: string) => display({ 'text/plain': text }, { displayId: 'live', update: true });
       const timer = setInterval(() => {
         if (due && !done) { update('1'); done = true }
         if (existsSync('second-is-over')) { update('2'); clearInterval(timer) }
       }, 1); undefined`,
    );
    const second = await cells.run(`due = true; ${untilDone}`);
    cells.write("second-is-over", "");
    await cells.until(() => first.messages().length === 2);
    expect(second.messages()).toMatchObject([
      { type: "update_display_data", content: { data: { "text/plain": "1" }, transient: { display_id: "live" } } },
    ]);
    expect(first.messages()[1]).toMatchObject({
      type: "update_display_data",
      content: { data: { "text/plain": "2" } },
    });
  });

  it("makes base64 of bytes and plain JSON of everything else", async () => {
    const run = await cells.run(
      "display({ 'image/png': new Uint8Array([1, 2, 3]), " +
        "'application/json': { big: 2n, fn() {}, date: new Date(0) } })",
    );
    expect(run.messages()[0]?.content.data).toEqual({
      "image/png": "AQID",
      "application/json": { big: "2", date: "1970-01-01T00:00:00.000Z" },
    });
  });

  it("shows other values as text, and objects that show themselves as they want", async () => {
    const run = await cells.run(
      "display([1, 2]); display({ async [Symbol.for('Jupyter.display')]() { return { 'text/plain': 'own' } } })",
    );
    expect(run.messages().map(({ content }) => content.data)).toEqual([
      { "text/plain": "[ 1, 2 ]" },
      { "text/plain": "own" },
    ]);
  });

  it("says what is wrong with a value that fails to show itself, and the cell continues", async () => {
    const run = await cells.run(
      "class Broken { [Symbol.for('Jupyter.display')]() { throw new Error('cannot draw') } }\nnew Broken()",
    );
    expect(run.status).toBe("ok");
    expect(run.text).toMatch(/^\[Broken\] can't be shown\nError: cannot draw\nCell \[\d+\], line 1/);
    expect((await cells.run("({ [Symbol.for('Jupyter.display')]: () => 5 })")).text).toContain(
      "returned no MIME bundle: 5",
    );
  });

  it("adds text to a bundle that has none", async () => {
    const run = await cells.run(
      "class Picture { [Symbol.for('Jupyter.display')]() { return { 'image/svg+xml': '<svg/>' } } }\nnew Picture()",
    );
    expect(run.result).toEqual({ "text/plain": "[Picture]", "image/svg+xml": "<svg/>" });
  });

  it("clears output", async () => {
    const run = await cells.run(`${host} console.log("gone"); host.clearOutput({ wait: true }); console.log("stays")`);
    expect(run.messages().map(({ type }) => type)).toEqual(["stream", "clear_output", "stream"]);
  });

  it("has types in completion and inspection", async () => {
    expect((await cells.complete("displ")).matches).toContainEqual({ text: "display", kind: "function" });
    expect((await cells.inspect("display"))?.text).toContain("Shows a value below the cell");
  });
});
