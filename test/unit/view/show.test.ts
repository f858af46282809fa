import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  type DisplayOptions,
  hostKey,
  type JupyterHost,
  type MimeBundle,
  type ProgressOptions,
} from "../../../src/view/display-contract.js";
import { openLive, openProgress, show } from "../../../src/view/show.js";

let shown: { data: MimeBundle; options: DisplayOptions | undefined }[];
let printed: string;

function openNotebook(interactive: boolean, more: Partial<JupyterHost> = {}): void {
  const host = {
    version: 1,
    interactive,
    signal: new AbortController().signal,
    display: (data: MimeBundle, options?: DisplayOptions) => shown.push({ data, options }),
    clearOutput: () => undefined,
    ...more,
  };
  Object.assign(globalThis, { [hostKey]: host });
}

const frame = (text: string) => ({ "text/plain": text });
const texts = () => shown.map(({ data }) => data["text/plain"]);

beforeEach(() => {
  vi.useFakeTimers();
  shown = [];
  printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  Reflect.deleteProperty(globalThis, hostKey);
});

test("in a plain script the text is printed", () => {
  show(frame("hello"));
  expect(printed).toBe("hello\n");
});

test("a live output is one display that later frames update under the same id", () => {
  openNotebook(true);
  const live = openLive(frame("0"));
  vi.advanceTimersByTime(300);
  live.update(frame("1"));
  expect(shown[0]?.options?.update).toBeUndefined();
  expect(shown[1]?.options).toEqual({ displayId: shown[0]?.options?.displayId, update: true });
});

test("a thousand updates in a second become four frames, and the last one arrives", () => {
  openNotebook(true);
  const live = openLive(frame("start"));
  for (let i = 0; i < 1000; i++) {
    live.update(frame(String(i)));
    vi.advanceTimersByTime(1);
  }
  vi.advanceTimersByTime(1000);
  expect(shown.length).toBeLessThanOrEqual(6);
  expect(texts().at(-1)).toBe("999");
});

test("closing brings the waiting frame at once, and nothing comes after it", () => {
  openNotebook(true);
  const live = openLive(frame("0"));
  live.update(frame("1"));
  live.close();
  live.update(frame("2"));
  live.close(frame("3"));
  vi.advanceTimersByTime(5000);
  expect(texts()).toEqual(["0", "1"]);
});

test("closing with a final frame shows it instead of the waiting one", () => {
  openNotebook(false);
  const live = openLive(frame("0"));
  live.update(frame("1"));
  live.close(frame("done"));
  expect(texts()).toEqual(["0", "done"]);
});

test("a plain script prints a live output rarely, and its last state", () => {
  const live = openLive(frame("0"));
  for (let second = 1; second <= 65; second++) {
    vi.advanceTimersByTime(1000);
    live.update(frame(String(second)));
  }
  live.close();
  expect(printed.trim().split("\n")).toHaveLength(4);
  expect(printed).toMatch(/^0\n.*\n65\n$/s);
});

test("progress in a notebook is the notebook's own, with the library's words", () => {
  const finished: (string | undefined)[] = [];
  let given: ProgressOptions | undefined;
  openNotebook(true, {
    progress(options) {
      given = options;
      return { update: () => undefined, finish: (text) => void finished.push(text) };
    },
  });
  const progress = openProgress({ title: "tokenizing", total: 5000, unit: "sequences" });
  expect(given?.text?.({ done: 1200, elapsed: 30_000 })).toBe(
    "tokenizing: 1,200 of 5,000 sequences (24 %), 40/s, about 1m 35s left",
  );
  progress.finish("5,000 sequences written");
  expect({ total: given?.total, finished, printed }).toEqual({
    total: 5000,
    finished: ["5,000 sequences written"],
    printed: "",
  });
});

test("progress in a plain script is one line every 30 seconds and the final line", () => {
  const progress = openProgress({ title: "tokenizing", total: 100, unit: "chunks" });
  for (let second = 1; second <= 70; second++) {
    vi.advanceTimersByTime(1000);
    progress.update(second, "part 1");
  }
  progress.finish("100 chunks");
  progress.update(100);
  progress.finish("again");
  expect(shown).toEqual([]);
  expect(printed.trim().split("\n")).toEqual([
    "tokenizing: 30 of 100 chunks (30 %), 1.0/s, about 1m 10s left, part 1",
    "tokenizing: 60 of 100 chunks (60 %), 1.0/s, about 40.0 s left, part 1",
    "100 chunks",
  ]);
});

const figure = (text: string) => ({
  "application/vnd.plotly.v1+json": { data: [] },
  "image/svg+xml": `<svg>${text}</svg>`,
  "text/plain": text,
});

test("a figure that would stand still in JupyterLab moves under our MIME type, and ends with plotly's", () => {
  openNotebook(true);
  const live = openLive(figure("0"));
  vi.advanceTimersByTime(300);
  live.update(figure("1"));
  live.close();
  const own = "application/vnd.mindformers-lab.figure+json";
  expect(shown.map(({ data }) => data[own])).toEqual([
    ...Array(2).fill({ version: 1, figure: { data: [] } }),
    undefined,
  ]);
  expect(shown.map(({ data }) => "application/vnd.plotly.v1+json" in data)).toEqual([false, false, true]);
  expect(texts()).toEqual(["0", "1", "1"]);
});

test("in a batch run every frame of a figure is complete, since any of them may be the one that is saved", () => {
  openNotebook(false);
  const live = openLive(figure("0"));
  vi.advanceTimersByTime(3000);
  live.update(figure("1"));
  live.close();
  expect(shown.map(({ data }) => Object.keys(data).length)).toEqual([3, 3]);
});
