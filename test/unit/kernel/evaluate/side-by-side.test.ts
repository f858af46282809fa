import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cells, openCells } from "../../../support/cells.js";

// As subshells do: a cell begins while another one awaits.
let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
});
afterAll(() => cells.close());

it("cells that run at the same time keep their results, their errors and their declarations", async () => {
  await cells.run("let shared: number = 1; const kept: string = 'a'; let go: () => void = () => {};");
  const long = cells.run(
    "const fromLong: number = 1; " +
      "await new Promise<void>((r) => { go = r }); shared = 2; const afterAwait = 'x'; [fromLong, shared]",
  );
  const side = await cells.run(
    "const fromSide: boolean = true; interface Side { a: number } ; class SideClass { n = 3 }\nfromSide",
  );
  expect(side.text).toBe("true");
  const failing = await cells.run("throw new Error('side only')");
  expect(failing.failure?.evalue).toBe("side only");
  expect((await cells.run("const kept: number = 5; go()")).status).toBe("ok");
  expect((await long).text).toBe("[ 1, 2 ]");
  const all = await cells.run(
    "const s: Side = { a: fromLong }; " +
      "const n: number = kept; [s.a, fromSide, shared, afterAwait, n, new SideClass().n]",
  );
  expect(all.failure?.evalue).toBeUndefined();
  expect(all.text).toBe("[ 1, true, 2, 'x', 5, 3 ]");
});

it("cells that end at the same moment do not take each other's result", async () => {
  await cells.run(
    "let open: () => void = () => {}; const gate = new Promise<void>((r) => { open = r }); let waiting = 0;",
  );
  const runs = [1, 2, 3, 4].map((n) => cells.run(`waiting++; await gate; ${n} * 10`));
  while ((await cells.run("waiting")).text !== "4");
  await cells.run("open()");
  expect((await Promise.all(runs)).map(({ text }) => text)).toEqual(["10", "20", "30", "40"]);
});

it("an interrupt ends all of them", async () => {
  const first = cells.run("await new Promise(() => {})");
  const code = "(globalThis as any).interruptNow(); await new Promise(() => {})";
  const second = await cells.run(code, { interrupt: true });
  expect(second.failure?.ename).toBe("KeyboardInterrupt");
  expect((await first).failure?.ename).toBe("KeyboardInterrupt");
  expect((await cells.run("1 + 1")).text).toBe("2");
});
