import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cells, openCells } from "../../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
  await cells.run(
    "import * as children from 'node:child_process'; import { execSync, spawn } from 'node:child_process'",
  );
  cells.write("child.cjs", "console.log('out'); console.error('err'); process.send?.('sent')");
});
afterAll(() => cells.close());

const both = { stdout: "out\n", stderr: "err\n" };
const ended = "await new Promise((done) => child.once('close', done))";

it.each([
  ["execSync", "execSync('echo out; echo err >&2', { stdio: 'inherit' })", both],
  ["execFileSync", "children.execFileSync('sh', ['-c', 'echo out; echo err >&2'], { stdio: 'inherit' })", both],
  ["spawnSync", "children.spawnSync('sh', ['-c', 'echo out; echo err >&2'], { stdio: ['ignore', 1, 2] })", both],
  [
    "spawnSync, one of them",
    "children.spawnSync('echo', ['out'], { stdio: ['pipe', 'inherit', 'pipe'] })",
    { stdout: "out\n", stderr: "" },
  ],
  ["spawn", `const child = spawn('sh', ['-c', 'echo out; echo err >&2'], { stdio: 'inherit' }); ${ended}`, both],
  [
    "spawn, the streams themselves",
    "const child = spawn('sh', " +
      `['-c', 'echo out; echo err >&2'], { stdio: [null, process.stdout, process.stderr] }); ${ended}`,
    both,
  ],
  [
    "spawn, both into one",
    `const child = spawn('sh', ['-c', 'echo out; echo err >&2'], { stdio: ['ignore', 1, 1] }); ${ended}`,
    { stdout: "out\nerr\n", stderr: "" },
  ],
  [
    "fork",
    "const child = children.fork('child.cjs'); " +
      `const got = await new Promise((done) => child.once('message', done)); ${ended}; if (got !== 'sent') throw got`,
    both,
  ],
])(
  "what a child process writes to the output that it inherits is output of the cell: %s",
  async (_, code, expected) => {
    const run = await cells.run(`{ ${code} }`);
    expect(run.failure?.traceback.join("\n")).toBeUndefined();
    expect({ stdout: run.stream("stdout"), stderr: run.stream("stderr") }).toEqual(expected);
  },
);

it.each(["fs.readFileSync(0)", "fs.readFileSync('/dev/stdin', 'utf8')", "fs.readSync(0, Buffer.alloc(1))"])(
  "%s read nothing and said nothing: it names prompt()",
  async (code) => {
    const run = await cells.run(`{ const fs = require("node:fs"); ${code} }`);
    expect(run.failure?.evalue).toContain('To ask the user: prompt("…")');
  },
);

it("a child process that fails has shown what it had to say", async () => {
  const run = await cells.run("execSync('echo out; exit 3', { stdio: 'inherit' })");
  expect([run.failure?.evalue, run.stream("stdout")]).toEqual(["Command failed: echo out; exit 3", "out\n"]);
});

it("what a cell wants to have itself it gets", async () => {
  const run = await cells.run(
    "[execSync('echo own').toString(), children.spawnSync('echo', ['own'], { encoding: 'utf8' }).stdout]",
  );
  expect([run.text, run.stream("stdout")]).toEqual(["[ 'own\\n', 'own\\n' ]", ""]);
});

it("what a child process writes is output of the cell also where there is no folder for temporary files", async () => {
  const run = await cells.run(
    "process.env.TMPDIR = '/dev/null/none'; " +
      "try { execSync('echo out', { stdio: 'inherit' }) } finally { delete process.env.TMPDIR }",
  );
  expect([run.failure?.evalue, run.stream("stdout")]).toEqual([undefined, "out\n"]);
});

it.each([
  ["writeSync", "fs.writeSync(1, 'out\\n'); fs.writeSync(2, Buffer.from('-err\\n-'), 1, 4)"],
  ["write", "fs.write(1, 'out\\n', () => {}); await new Promise((done) => fs.write(2, 'err\\n', done))"],
  ["writev", "fs.writevSync(1, [Buffer.from('out'), Buffer.from('\\n')]); fs.writevSync(2, [Buffer.from('err\\n')])"],
  ["writeFileSync", "fs.writeFileSync(1, 'out\\n'); fs.appendFileSync(2, 'err\\n')"],
  [
    "a stream of the descriptor",
    "const end = (fd, text) => new Promise((done) => fs.createWriteStream('', " +
      "{ fd, autoClose: false }).end(text, done)); await end(1, 'out\\n'); await end(2, 'err\\n')",
  ],
])("what a cell writes to the descriptors 1 and 2 is its output, and not the server's log: %s", async (_, code) => {
  const run = await cells.run(`{ const fs = require("node:fs"); ${code} }`);
  expect(run.failure?.evalue).toBeUndefined();
  expect({ stdout: run.stream("stdout"), stderr: run.stream("stderr") }).toEqual(both);
});
