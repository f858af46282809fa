import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cells, openCells } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
  await cells.run(
    "let turns = 0; let kept = 'kept'; const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms)); " +
      "const interruptNow = () => (globalThis as any).interruptNow() as void;",
  );
});
afterAll(() => cells.close());

it.each([
  ["a loop that never ends", "while (true) turns++"],
  ["a loop without braces", "for (;;) turns++;"],
  ["a do loop", "do turns++; while (true)"],
  ["a loop after an await, which Node's own interrupt doesn't reach", "await 0; while (true) {}"],
  ["an await of something that never comes", "await new Promise(() => {})"],
  ["a loop that awaits", "while (true) { await sleep(1); turns++ }"],
  [
    "a for await",
    "async function* ever() { while (true) yield await sleep(1) }\nfor await (const x of ever()) turns++",
  ],
  ["a loop that catches everything inside", "while (true) { try { for (const x of [1]) turns++ } catch {} }"],
  ["synchronous code without a loop of its own", "/^(a+)+$/.test('a'.repeat(50) + 'b')"],
  ["a loop in a function of an earlier cell", "forever()"],
  ["a loop that awaits and catches everything", "while (true) { try { await sleep(1); turns++ } catch {} }"],
  ["a while loop in a function", "(() => { while (true) { try { for (const x of [1]) turns++ } catch {} } })()"],
  ["a do loop in a function", "(() => { do { if (turns++ > 0) continue } while (true) })()"],
  ["a for of in a function", "function* ones() { for (;;) yield 1 }\n(() => { for (const x of ones()) turns++ })()"],
  [
    "a for of with continue in a function",
    "const ever2 = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) };" +
      "(() => { for (const x of ever2) { if (x === 1) continue; turns++ } })()",
  ],
])(
  "an interrupt ends %s with KeyboardInterrupt; the next cell runs and knows what there was before",
  async (_, code) => {
    await cells.run("function forever() { for (;;) turns++ }");
    const { failure } = await cells.run(`interruptNow(); ${code}`, { interrupt: true });
    expect(failure?.ename).toBe("KeyboardInterrupt");
    expect(failure?.traceback.join("\n")).not.toMatch(/node:|cells-process|tslab/);
    expect(await cells.run("kept")).toMatchObject({ failure: undefined, text: "'kept'" });
  },
);

it("nothing of an interrupted cell continues after its await, except cleaning up", async () => {
  await cells.run(
    "let trace: string[] = [], goOn = () => {}; const later = new Promise<void>((done) => { goOn = done })",
  );
  const { failure } = await cells.run(
    "try { interruptNow(); await later; trace.push('after') } finally { await sleep(1); trace.push('cleaned up') }",
    { interrupt: true },
  );
  expect(failure?.ename).toBe("KeyboardInterrupt");
  expect((await cells.run("goOn(); while (trace.length === 0) await sleep(1); trace")).text).toBe("[ 'cleaned up' ]");
});

it("a loop in the background of an interrupted cell ends as well, silently", async () => {
  await cells.run("let beats = 0");
  const started = await cells.run(
    "(async () => { while (true) { await sleep(5); beats++; interruptNow() } })(); await new Promise(() => {})",
    { interrupt: true },
  );
  expect(started.failure).toMatchObject({ ename: "KeyboardInterrupt", evalue: "the cell was interrupted" });
  await cells.run("await sleep(50)");
  expect((await cells.run("const at = beats; await sleep(100); beats - at")).text).toBe("0");
  expect(started.stream("stderr")).toBe("");
});

it("the background of an earlier cell survives the interrupt of another", async () => {
  await cells.run("let alive = 0; const beat = setInterval(() => { for (const x of [1]) alive += x }, 5)");
  await cells.run("interruptNow(); await new Promise(() => {})", { interrupt: true });
  await cells.run("const before = alive; while (alive === before) await sleep(1); clearInterval(beat)");
  expect((await cells.run("alive > before")).text).toBe("true");
});

it("the cell's signal is aborted, so that libraries can stop", async () => {
  await cells.run("let reason: unknown = 'not aborted'");
  await cells.run(
    "const { signal } = (globalThis as any)[Symbol.for('Jupyter.host')]; " +
      "signal.onabort = () => { reason = signal.reason.name }; " +
      "interruptNow(); await new Promise(() => {})",
    { interrupt: true },
  );
  expect((await cells.run("reason")).text).toBe("'KeyboardInterrupt'");
});

it("keeps the variables that an interrupted cell had already set", async () => {
  await cells.run("const rows: number[] = []; for (;;) { rows.push(rows.length % 10); interruptNow() }", {
    interrupt: true,
  });
  expect((await cells.run("rows.length > 0")).text).toBe("true");
});

it.each([
  ["", "let q1 = 0; interruptNow(); while (true) q1++", "q1 > 0"],
  [
    ", and `finally` sees it",
    "let q2 = 0, at = 0; interruptNow(); try { for (;;) q2++ } finally { at = q2 }",
    "at === q2",
  ],
  [
    ", also of one that SIGINT ends in a call",
    "let q3 = 0; for (;;) { q3++; if (q3 === 3) { interruptNow(); /^(a+)+$/.test('a'.repeat(50) + 'b') } }",
    "q3 === 3",
  ],
  [
    ", whatever they hold and however they are assigned",
    "let q4 = 0, q5: any = 0.5, q6 = '', q7 = 1n, q8: any; for (;;) { q5 = q5 * 2; q6 += 'a'; q7 *= 2n; q8 = { q4 }; " +
      "if (q4++ === 2) { [q4, q5] = [q4 + 0.25, q6]; interruptNow(); /^(a+)+$/.test('a'.repeat(50) + 'b') } }",
    "q4 === 3.25 && q5 === 'aaa' && q6 === 'aaa' && q7 === 8n && q8.q4 === 2",
  ],
  [
    ", and a loop that SIGINT has ended leaves nothing to the next one",
    "let q9 = 0; for (;;) { q9 = 0.5; interruptNow(); /^(a+)+$/.test('a'.repeat(50) + 'b') }",
    "q9 = 7; for (const x of [1]) q9 += x; (() => q9)() === 8",
  ],
])("variables of an interrupted loop have their last value%s: they were local to it", async (_, code, check) => {
  expect((await cells.run(code, { interrupt: true })).failure?.ename).toBe("KeyboardInterrupt");
  expect((await cells.run(check)).text).toBe("true");
});

it("a request that came before the cell could begin interrupts it: a loop that blocks would never see it", async () => {
  const { failure } = await cells.run("while (true) {}", { interruptBefore: true });
  expect(failure?.ename).toBe("KeyboardInterrupt");
  expect((await cells.run("kept")).text).toBe("'kept'");
});
