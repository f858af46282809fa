import { expect, it } from "vitest";
import { type Cell, runInCell } from "../../../../../kernel/cell/cell-context.js";
import type { IopubMessage } from "../../../../../kernel/cell/publisher.js";
import { createStreams } from "../../../../../kernel/output/flow/streams.js";

function openStreams() {
  const published: IopubMessage[] = [];
  const timers: { at: number; fn: () => void }[] = [];
  let time = 0;
  const clock = {
    now: () => time,
    after: (milliseconds: number, fn: () => void) => void timers.push({ at: time + milliseconds, fn }),
  };
  const advance = (milliseconds: number, options = { timersFire: true }) => {
    time += milliseconds;
    if (!options.timersFire) return;
    for (const timer of timers.splice(0)) {
      if (timer.at <= time) timer.fn();
      else timers.push(timer);
    }
  };
  return { streams: createStreams({ publish: (message) => published.push(message) }, clock), published, advance };
}

function cell(name: string): Cell {
  const parent = { msg_id: name, session: "", username: "", date: "", msg_type: "", version: "" };
  return { parent, identities: [], silent: false, interactive: false, executionCount: 1, abort: new AbortController() };
}

const texts = (published: readonly IopubMessage[]) => published.map(({ content }) => content.text);

it("small writes wait 50 ms for company", () => {
  const { streams, published, advance } = openStreams();
  streams.write("stdout", "a");
  streams.write("stdout", "b");
  advance(49);
  expect(published).toEqual([]);
  advance(1);
  expect(texts(published)).toEqual(["ab"]);
});

it("a blocked event loop doesn't hold back what is old enough", () => {
  const { streams, published, advance } = openStreams();
  streams.write("stdout", "a");
  advance(60, { timersFire: false });
  streams.write("stdout", "b");
  expect(texts(published)).toEqual(["ab"]);
});

it("64 KB don't wait", () => {
  const { streams, published } = openStreams();
  streams.write("stdout", "x".repeat(65_536));
  expect(published).toHaveLength(1);
});

it("text of different cells is never joined, and keeps its order", () => {
  const { streams, published } = openStreams();
  const [one, two] = [cell("one"), cell("two")];
  runInCell(one, () => streams.write("stdout", "1"));
  runInCell(two, () => streams.write("stdout", "2"));
  runInCell(one, () => streams.write("stdout", "3"));
  streams.flush();
  expect(published.map(({ parent, content }) => [parent?.msg_id, content.text])).toEqual([
    ["one", "1"],
    ["two", "2"],
    ["one", "3"],
  ]);
});

it("other encodings than UTF-8 are decoded", () => {
  const { streams, published } = openStreams();
  streams.write("stdout", "6869", "hex");
  streams.flush();
  expect(texts(published)).toEqual(["hi"]);
});

it("two streams that take turns keep their exact order for some hundred turns, then each its own: 20,000 writes were 20,000 messages", () => {
  const { streams, published, advance } = openStreams();
  const one = cell("one");
  for (let k = 0; k < 10_000; k++)
    runInCell(one, () => {
      streams.write("stdout", `out ${k}\n`);
      streams.write("stderr", `err ${k}\n`);
      if (k % 20 === 0) advance(2, { timersFire: false });
    });
  streams.flush();
  expect(published.length).toBeLessThan(500);
  const early = published.slice(0, 200).map(({ content }) => content.text);
  expect(early).toEqual(Array.from({ length: 200 }, (_, k) => `${k % 2 === 0 ? "out" : "err"} ${Math.floor(k / 2)}\n`));
  for (const [name, word] of [
    ["stdout", "out"],
    ["stderr", "err"],
  ]) {
    const own = published.filter(({ content }) => content.name === name).map(({ content }) => content.text);
    expect(own.join("")).toBe(Array.from({ length: 10_000 }, (_, k) => `${word} ${k}\n`).join(""));
  }
});

it("the cell after one that took many turns has its own", () => {
  const { streams, published } = openStreams();
  const print = (own: Cell) => {
    for (let k = 0; k < 400; k++)
      runInCell(own, () => {
        streams.write("stdout", "o");
        streams.write("stderr", "e");
      });
    streams.finish(own);
  };
  print(cell("one"));
  const before = published.length;
  print(cell("two"));
  expect(published.length - before).toBe(before);
});
