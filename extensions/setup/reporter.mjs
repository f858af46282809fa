// What the set-up prints: one line per step. On a terminal the lines of running steps are drawn again in place.
import { createWriteStream, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./layout.mjs";

const colors = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colors ? `\x1b[${code}m${text}\x1b[0m` : text);
export const good = (text) => paint(32, text);
export const bad = (text) => paint(31, text);
export const strong = (text) => paint(1, text);

export function duration(milliseconds) {
  const total = Math.round(milliseconds / 1000);
  return total < 60 ? `${total} s` : `${Math.floor(total / 60)} min ${total % 60} s`;
}

const logFolder = join(root, ".setup", "logs");
const drawEvery = process.stdout.isTTY ? 500 : 30_000;

const running = new Set();
let timer;
let drawn = 0;

function clear() {
  // The terminal may have written ^C at the beginning of the line.
  if (drawn > 0) process.stdout.write(`\r\x1b[${drawn}A\x1b[0J`);
  drawn = 0;
}

function statusOf({ label, usually, began, progress }) {
  const parts = [progress, duration(Date.now() - began), usually && `usually ${duration(usually * 1000)}`];
  return `${strong("…")} ${label}: ${parts.filter(Boolean).join(", ")}`;
}

function draw() {
  const lines = [...running].map(statusOf);
  if (process.stdout.isTTY) clear();
  for (const line of lines) console.log(process.stdout.isTTY ? line.slice(0, process.stdout.columns ?? 120) : line);
  drawn = process.stdout.isTTY ? lines.length : 0;
}

/** Prints a line that stays, above those of the running steps. */
function print(line) {
  clear();
  console.log(line);
  if (process.stdout.isTTY) draw();
}

export function upToDate(label) {
  print(`${good("✓")} ${label}: up to date`);
}

/** Begins a step; what its programs print goes into a log file of its own. */
export function begin(label, { title, detail, usually }) {
  mkdirSync(logFolder, { recursive: true });
  const path = join(logFolder, `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.log`);
  const log = createWriteStream(path);
  const step = { label, usually, began: Date.now(), progress: "" };
  running.add(step);
  print(`${strong("→")} ${strong(label)}: ${detail}${usually ? `; usually ${duration(usually * 1000)}` : ""}`);
  timer ??= setInterval(draw, drawEvery).unref();
  const end = (sign, words) => {
    running.delete(step);
    log.end();
    if (running.size === 0) timer = clearInterval(timer);
    print(`${sign} ${label}: ${words} ${duration(Date.now() - step.began)}`);
  };
  return {
    log,
    /** Path of the log file as one types it. */
    logPath: relative(process.cwd(), path) || path,
    progress: (text) => {
      step.progress = text;
    },
    done: () => end(good("✓"), "done in"),
    failed: () => end(bad("✗"), "failed after"),
  };
}
