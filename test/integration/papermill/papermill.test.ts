import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../../src/core/package-root.js";
import { runVenv, venvProgram } from "../../support/jupyter.js";
import { createKernelWorld, type KernelWorld } from "../../support/kernelspec.js";
import { joined, outputsOf, readNotebook } from "../../support/notebook.js";

const extension = join(packageRoot(), "extensions", "papermill");
let folder: string;
let world: KernelWorld;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "papermill-"));
  const source = join(folder, "source");
  cpSync(extension, source, { recursive: true });
  const options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"];
  const installed = runVenv("python", ["-m", "pip", "install", ...options, "--target", join(folder, "site"), source]);
  if (installed.status !== 0) throw new Error(installed.stderr);
  world = createKernelWorld({ PYTHONPATH: join(folder, "site"), PYTHONDONTWRITEBYTECODE: "1" });
});

afterAll(() => {
  world?.remove();
  rmSync(folder, { recursive: true, force: true });
});

function writeNotebook(cells: readonly (string | { readonly parameters: string })[]): string {
  const path = join(world.folder, "in.ipynb");
  const kernelspec = { name: "mindformers-lab", language: "typescript", display_name: "TypeScript (MindFormers)" };
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec, language_info: { name: "typescript" } },
    cells: cells.map((cell, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      execution_count: null,
      metadata: typeof cell === "string" ? {} : { tags: ["parameters"] },
      outputs: [],
      source: typeof cell === "string" ? cell : cell.parameters,
    })),
  };
  writeFileSync(path, JSON.stringify(notebook));
  return path;
}

async function papermill(...args: readonly string[]) {
  const { status, stdout, stderr } = await world.python(["-m", "papermill", ...args]);
  return { status, text: stdout + stderr };
}

const out = () => join(world.folder, "out.ipynb");

test("the package's own tests pass against the papermill that is installed", async () => {
  const { status, stdout } = await world.python(["-m", "pytest", "-q", "-p", "no:cacheprovider", extension]);
  expect(status, stdout).toBe(0);
});

test("values of every kind arrive in a TypeScript notebook as they were given", async () => {
  const parameters = `let steps: number = 100;
let rate = 0.1;
const corpus: string = "sample.tokens";
let mode: "pad" | "stitch" = "stitch";
let save = false;
let seed = 1;
let nothing: string | null = "x";
let sizes: number[] = [1];
let nested: Record<string, any> = {};
let untouched = "as it was";`;
  const check = `const seen = { steps: steps + 1, rate, corpus: corpus.toUpperCase(), mode, save,
  seed: String(seed), kind: typeof seed, nothing,
  sizes: sizes.map((n) => n * 2), nested, own: Object.keys(nested), untouched };
console.log(JSON.stringify(seen))`;
  const awkward = `日本\n\u2028"'\`$\{x}\`\\`;
  const nested = {
    __proto: 1,
    ["__proto__"]: { deep: [null, [], {}, awkward] },
    "key with space": true,
  };
  const values = join(world.folder, "values.json");
  writeFileSync(
    values,
    `{"seed": 123456789012345678901234567890, "nested": ${JSON.stringify(nested)}, "nothing": null}`,
  );
  const scalars = ["-p", "steps", "20", "-p", "rate", "0.5", "-p", "mode", "pad", "-p", "save", "True"];
  const more = ["-p", "corpus", `it's "my" größe.txt`, "-y", "sizes: [3, 4]", "-f", values];
  const { status, text } = await papermill(writeNotebook([{ parameters }, check]), out(), ...scalars, ...more);
  expect(status, text).toBe(0);
  const shown = outputsOf(readNotebook(out()))
    .map((output) => joined(output.text))
    .join("");
  expect(JSON.parse(shown)).toEqual({
    steps: 21,
    rate: 0.5,
    corpus: `IT'S "MY" GRÖSSE.TXT`,
    mode: "pad",
    save: true,
    seed: "123456789012345678901234567890",
    kind: "bigint",
    nothing: null,
    sizes: [6, 8],
    nested,
    own: ["__proto", "__proto__", "key with space"],
    untouched: "as it was",
  });
});

test("NaN and infinities arrive too", async () => {
  const notebook = writeNotebook([{ parameters: "let a: number = 0; let b = 1" }, "[a, b].join()"]);
  const { status, text } = await papermill(notebook, out(), "-y", "{ a: .nan, b: -.inf }");
  expect(status, text).toBe(0);
  // papermill repeats the parameters in the metadata, where Python writes NaN as no JSON allows.
  expect(readFileSync(out(), "utf8")).toContain("NaN,-Infinity");
});

test("a value of the wrong type fails in the injected cell with the compiler's words, and papermill with it", async () => {
  const notebook = writeNotebook([{ parameters: "let steps: number = 100;" }, "steps.toFixed(1)"]);
  const { status, text } = await papermill(notebook, out(), "-p", "steps", "many");
  expect(status).not.toBe(0);
  expect(text).toContain("Type 'string' is not assignable to type 'number'");
  expect(outputsOf(readNotebook(out())).some((output) => output.output_type === "error")).toBe(true);
});

test("a misspelled parameter is refused before anything runs, with the right name", async () => {
  const { status, text } = await papermill(
    writeNotebook([{ parameters: "let steps = 1;" }]),
    out(),
    "-p",
    "stesp",
    "2",
  );
  expect(status).not.toBe(0);
  expect(text).toContain("did you mean steps?");
});

test("run as a module, papermill reports such a parameter in one line: no traceback, no second warning", async () => {
  const notebook = writeNotebook([{ parameters: "let steps = 1;" }]);
  const { status, stderr } = await world.python([
    ...["-m", "mindformers_lab_papermill", notebook, out(), "-p", "stesp", "2", "--log-level", "WARNING"],
  ]);
  expect(status).toBe(1);
  expect(stderr).toBe("✗ parameter 'stesp': the notebook's parameters cell declares steps; did you mean steps?\n");
});

test("run as a module, papermill shows a cell's error without its own traceback, and ends silently at Ctrl-C", async () => {
  const failing = await world.python([
    "-m",
    "mindformers_lab_papermill",
    writeNotebook(['throw new Error("no")']),
    out(),
  ]);
  expect(failing.status).toBe(1);
  expect(failing.stderr).toContain("Error: no");
  expect(failing.stderr).not.toContain("Traceback");
  const slow = writeNotebook(['console.log("begun"); await new Promise((done) => setTimeout(done, 300_000))']);
  const child = spawn(venvProgram("python"), ["-m", "mindformers_lab_papermill", slow, out(), "--log-output"], {
    cwd: world.folder,
    env: world.environment,
  });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.includes("begun")) child.kill("SIGINT");
  });
  const status = await new Promise((resolve) => child.once("close", resolve));
  expect([130, 138]).toContain(status);
  expect(text).toContain("begun");
  expect(text).not.toMatch(/Traceback|Kernel died|never retrieved|Aborted/);
});

test("papermill --help-notebook shows name, type, default and help", async () => {
  const parameters =
    'let steps: number = 100; // optimizer steps\nconst corpus = "a.tokens";\nlet sizes = [\n  1,\n  2,\n];';
  const { status, text } = await papermill("--help-notebook", writeNotebook([{ parameters }]));
  expect(status, text).toBe(0);
  expect(text).toMatch(/steps: number \(default 100\)\s+optimizer steps/);
  expect(text).toContain('corpus: string (default "a.tokens")');
  expect(text).toContain("sizes: array (default [1, 2,])");
});

test("a cell that throws gives a non-zero exit and an output notebook with the error in it", async () => {
  const notebook = writeNotebook(['throw new Error("no such corpus")', "1"]);
  const { status, text } = await papermill(notebook, out());
  expect(status).not.toBe(0);
  expect(text).toContain("no such corpus");
  const error = outputsOf(readNotebook(out())).find((output) => output.output_type === "error");
  expect(error?.evalue).toBe("no such corpus");
});
