import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openProgress } from "../../../../kernel/output/progress.js";
import { createTrack } from "../../../../kernel/output/track.js";
import type { DisplayOptions, MimeBundle, ProgressOptions } from "../../../../src/view/display-contract.js";

let shown: { data: MimeBundle; options: DisplayOptions }[];
let lines: string[];

beforeEach(() => {
  vi.useFakeTimers();
  shown = [];
  lines = [];
});
afterEach(() => void vi.useRealTimers());

const texts = () => shown.map(({ data }) => data["text/plain"]);
const open = (isWatched: boolean) => (options: ProgressOptions) =>
  openProgress(
    {
      isWatched,
      displayId: "one",
      show: (data, options) => shown.push({ data, options }),
      print: (line) => lines.push(line),
    },
    options,
  );

it("progress that somebody watches is one bar that moves and ends as one line", () => {
  const progress = open(true)({ title: "tokenizing", total: 5000, unit: "sequences" });
  expect(texts()).toEqual([`${"░".repeat(30)} tokenizing: 0 of 5,000 sequences (0 %)`]);
  vi.advanceTimersByTime(30_000);
  progress.update(1200, "part <1>");
  expect(texts().at(-1)).toBe(
    `${"█".repeat(7)}${"░".repeat(23)} tokenizing: 1,200 of 5,000 sequences (24 %), 40/s, about 1m 35s left, part <1>`,
  );
  expect(shown.at(-1)?.data["text/html"]).toContain("width:24.0%");
  expect(shown.at(-1)?.data["text/html"]).toContain("part &lt;1&gt;");
  progress.finish("5,000 sequences written");
  progress.update(5000);
  vi.advanceTimersByTime(60_000);
  expect(texts().at(-1)).toBe("5,000 sequences written");
  expect(shown.map(({ options }) => options)).toEqual(
    [false, true, true].map((update) => ({ displayId: "one", update })),
  );
  expect(lines).toEqual([]);
});

it("a watched bar is drawn four times a second at most, also in a loop that never lets go, and the last state arrives", () => {
  const progress = open(true)({ title: "adding", total: 1000 });
  for (let done = 1; done <= 1000; done++) {
    vi.setSystemTime(Date.now() + 1);
    progress.update(done);
  }
  expect(shown).toHaveLength(5);
  progress.update(1000, "all");
  vi.advanceTimersByTime(250);
  expect(texts().at(-1)).toContain("1,000 of 1,000 items (100 %), 1,000/s, all");
});

it("progress in a batch run is a line every 30 seconds and one at the end", () => {
  const progress = open(false)({ title: "tokenizing", total: 100, unit: "chunks" });
  for (let second = 1; second <= 70; second++) {
    vi.advanceTimersByTime(1000);
    progress.update(second);
  }
  progress.finish();
  progress.finish("again");
  expect(shown).toEqual([]);
  expect(lines).toEqual([
    "tokenizing: 30 of 100 chunks (30 %), 1.0/s, about 1m 10s left",
    "tokenizing: 60 of 100 chunks (60 %), 1.0/s, about 40.0 s left",
    "tokenizing: 70 of 100 chunks in 1m 10s",
  ]);
});

it("without a total there is a count and no bar; the words may be the caller's own", () => {
  const progress = open(true)({ title: "reading", unit: "files" });
  vi.advanceTimersByTime(3_661_000);
  progress.update(2);
  expect(texts()).toEqual(["reading: 0 files", "reading: 2 files, 0.00055/s"]);
  progress.finish();
  expect(texts().at(-1)).toBe("reading: 2 files in 1h 1m");
  open(true)({ title: "x", total: 2, text: ({ done }) => `step ${done}` });
  expect(texts().at(-1)).toBe(`${"░".repeat(30)} step 0`);
});

it("track counts the items of a loop, takes the total from them, and says so when the loop ends early", async () => {
  const track = createTrack(open(false));
  const seen: unknown[] = [];
  for (const item of track(["a", "b"], "reading") as Iterable<string>) seen.push(item);
  for (const item of track(new Set([1, 2, 3])) as Iterable<number>) {
    if (item === 2) break;
  }
  async function* later() {
    yield "c";
  }
  for await (const item of track(later(), { title: "waiting", unit: "lines" }) as AsyncIterable<string>)
    seen.push(item);
  expect(seen).toEqual(["a", "b", "c"]);
  expect(lines).toEqual(["reading: 2 items in 0.0 s", "items: 1 of 3 items in 0.0 s", "waiting: 1 lines in 0.0 s"]);
});
