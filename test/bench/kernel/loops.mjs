// Processor time of loops at the top level of a cell beside the same text as a module of plain Node, in alternating
// rounds; medians. Build first, then `node test/bench/kernel/loops.mjs [rounds]`.
import { fork, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const rounds = Number(process.argv[2] ?? 5);
const only = process.argv[3];

/** Name, what stands before the loop, the loop, what an earlier cell holds. */
const kinds = [
  ["while, counter", "let q = 0;", "while (q < 1e7) q++;"],
  ["for, sum of integers", "let s = 0;", "for (let i = 0; i < 1e7; i++) s = (s + i) & 65535;"],
  ["for, sum of floats", "let s = 0;", "for (let i = 0; i < 1e7; i++) s += i * 0.5;"],
  ["do", "let s = 0, i = 0;", "do { s += i & 3; i++; } while (i < 1e7);"],
  ["for without a condition", "let n = 0;", "for (;;) { if (n++ > 1e7) break; }"],
  ["counter of the cell", "let i = 0, s = 0;", "for (i = 0; i < 1e7; i++) s ^= i;"],
  [
    "four variables",
    "let a = 1, b = 2, c = 0.5, s = 0;",
    "for (let i = 0; i < 5e6; i++) { s += i; a = (a * 3) & 255; b ^= a; c = c * 0.5 + b; }",
  ],
  ["remainder", "let a = 0, b = 1;", "for (let i = 0; i < 5e6; i++) { const t = (a + b) % 1000007; a = b; b = t; }"],
  ["branch", "let s = 0, c = 0;", "for (let i = 0; i < 1e7; i++) { if (i % 3 === 0) s += i; else c++; }"],
  ["nested", "let s = 0;", "for (let k = 0; k < 1e4; k++) for (let i = 0; i < 1000; i++) s = (s + i * k) % 1003;"],
  [
    "continue to a label",
    "let s = 0;",
    "outer: for (let k = 0; k < 1e4; k++) " +
      "for (let i = 0; i < 1000; i++) { if (i === 900) continue outer; s = (s + i * k) & 1023; }",
  ],
  [
    "typed array",
    "let s = 0; const d = new Float64Array(1e6).fill(1.5);",
    "for (let k = 0; k < 10; k++) for (let i = 0; i < d.length; i++) s += d[i];",
  ],
  [
    "array by index",
    "let s = 0; const d = Array.from({ length: 1e6 }, (_, i) => i);",
    "for (let k = 0; k < 10; k++) for (let i = 0; i < d.length; i++) s = (s + d[i]) & 65535;",
  ],
  [
    "for of an array",
    "let s = 0; const d = Array.from({ length: 1e6 }, (_, i) => i);",
    "for (let k = 0; k < 10; k++) for (const x of d) s = (s + x) & 65535;",
  ],
  [
    "for of, floats",
    "let s = 0; const d = Array.from({ length: 1e6 }, (_, i) => i / 2);",
    "for (let k = 0; k < 10; k++) for (const x of d) s += x;",
  ],
  ["for of a string", "let s = 0; const d = 'abcdef'.repeat(2e5);", "for (const x of d) if (x === 'c') s++;"],
  [
    "for of a map",
    "let s = 0; const d = new Map(Array.from({ length: 1e6 }, (_, i) => [i, i]));",
    "for (const [k, v] of d) s = (s + k + v) & 65535;",
  ],
  [
    "for in",
    "let s = 0; const d = Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => ['k' + i, i]));",
    "for (const k in d) s = (s + d[k]) & 65535;",
  ],
  ["Math", "let s = 0;", "for (let i = 0; i < 1e7; i++) s += Math.sqrt(i);"],
  ["function", "let s = 0; const f = (x) => x * 2 + 1;", "for (let i = 0; i < 1e7; i++) s = (s + f(i)) % 1000003;"],
  ["function, floats", "let fs = 0;", "for (let i = 0; i < 1e7; i++) fs += half(i);", "const half = (x) => x * 0.5;"],
  [
    "while, function of an earlier cell",
    "let wt = 0, wi = 0;",
    "while (wi < 1e7) { wt += three(wi); wi++; }",
    "function three(x) { return (x * 3) & 1023; }",
  ],
  [
    "variables of earlier cells, function",
    "",
    "for (let i = 0; i < 5e6; i++) { k1 = next(k1); k2 = k2 + k1; k3 ^= k1; }",
    "let k1 = 0, k2 = 0.5, k3 = 0; const next = (x) => x + 1;",
  ],
  [
    "variables that another cell's function uses",
    "let known = 0;",
    "for (let i = 0; i < 1e7; i++) known += i * 0.5;",
    "let known = 0; const show = () => known;",
  ],
  [
    "line of progress",
    "let p = 0;",
    "for (let i = 0; i < 1e7; i++) { p += i * 0.25; if (i % 5e6 === 1) console.error(p); }",
  ],
  ["function that assigns", "let n = 0; const inc = () => { n++; };", "for (let i = 0; i < 1e7; i++) inc();"],
  ["push", "const r = [];", "for (let i = 0; i < 2e6; i++) r.push(i);"],
  ["map", "const m = new Map();", "for (let i = 0; i < 2e6; i++) m.set(i & 1023, i);"],
  ["text", "let t = '';", "for (let i = 0; i < 2e6; i++) t += 'a';"],
  [
    "characters",
    "let h = 0; const t = 'abcdefgh'.repeat(1e5);",
    "for (let k = 0; k < 5; k++) for (let i = 0; i < t.length; i++) h = (h * 31 + t.charCodeAt(i)) | 0;",
  ],
  [
    "objects",
    "let s = 0; const d = Array.from({ length: 1e5 }, (_, i) => ({ v: i }));",
    "for (let k = 0; k < 50; k++) for (let i = 0; i < d.length; i++) s = (s + d[i].v) & 65535;",
  ],
  ["try", "let s = 0;", "for (let i = 0; i < 5e6; i++) { try { s = (s + i) & 1023; } catch { s = 0; } }"],
  [
    "callback",
    "let s = 0; const d = Array.from({ length: 1e6 }, (_, i) => i);",
    "for (let k = 0; k < 5; k++) d.forEach((x) => { s = (s + x) & 65535; });",
  ],
  ["await now and then", "let s = 0;", "for (let i = 0; i < 5e6; i++) { s += i & 7; if (i % 1e6 === 0) await null; }"],
  [
    "await outside of an inner loop",
    "let s = 0;",
    "for (let k = 0; k < 10; k++) { await null; for (let i = 0; i < 1e6; i++) s += i & 7; }",
  ],
  ["await", "let s = 0;", "for (let i = 0; i < 1e5; i++) s += await i;"],
].filter(([name]) => only === undefined || name.includes(only));

function timed(before, loop) {
  return `${before} const from = process.cpuUsage();\n${loop}\nconst used = process.cpuUsage(from);`;
}

const folder = mkdtempSync(join(tmpdir(), "loops-"));
const child = fork(join(import.meta.dirname, "../../support/cells-process.mjs"), ["[]"], {
  cwd: folder,
  stdio: ["ignore", "ignore", "inherit", "ipc"],
});
const waiting = new Map();
const shown = new Map();
child.on("message", ({ id, reply, message, ready }) => {
  if (ready) waiting.get("ready")();
  if (message?.type === "execute_result") shown.set(message.parent.msg_id, message.content.data["text/plain"]);
  if (id !== undefined) waiting.get(id)(reply);
});
await new Promise((resolve) => waiting.set("ready", resolve));
let count = 0;

async function inCell(before, loop, earlier) {
  if (earlier !== "") await run(earlier);
  return Number(await run(`${timed(before, loop)}\n(used.user + used.system) / 1000`));
}

async function run(text) {
  const id = `cell-${++count}`;
  const code = `// @ts-nocheck\n${text}`;
  const reply = await new Promise((resolve) => {
    waiting.set(id, resolve);
    child.send({ id, kind: "execute", code });
  });
  if (reply.failure !== undefined) throw new Error(reply.failure.traceback.join("\n"));
  return shown.get(id);
}

function inNode(before, loop, earlier) {
  const file = join(folder, "loop.mjs");
  // A name that both declare is one variable in cells.
  const declared = earlier.replace(before, "");
  writeFileSync(file, `${declared}${timed(before, loop)}\nconsole.log((used.user + used.system) / 1000);`);
  return Number(spawnSync(process.execPath, [file], { encoding: "utf8" }).stdout);
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
console.log("| loop | Node ms | cell ms | ratio |\n| --- | ---: | ---: | ---: |");
for (const [name, before, loop, earlier = ""] of kinds) {
  const node = [];
  const cell = [];
  for (let round = 0; round < rounds; round++) {
    node.push(inNode(before, loop, earlier));
    cell.push(await inCell(before, loop, earlier));
  }
  const [a, b] = [median(node), median(cell)];
  console.log(`| ${name} | ${a.toFixed(1)} | ${b.toFixed(1)} | ${(b / a).toFixed(2)} |`);
}
child.kill();
rmSync(folder, { recursive: true, force: true });
