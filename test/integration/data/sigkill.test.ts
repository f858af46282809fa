import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { byteBpe } from "../../support/byte-bpe.js";

// prepareData in processes of its own that are killed by SIGKILL at random moments; the next process goes on. Seeded.

const kills = 200;
const parts = 12;
const chunkBytes = 8 * 1024;
const script = join(import.meta.dirname, "../../support/prepare-process.mjs");
const sentence = "The quick brown fox ( no . 7 ) jumps over the lazy dog ; it 's 1 @,@ 234 years old . ";
const section = (i: number) => ` = Part ${i} = \n \n Number ${i} : ${sentence.repeat(12)}\n \n`;
const text = Array.from({ length: (parts * chunkBytes) / 1100 }, (_, i) => section(i)).join("");
const lines = text.split("\n").map((line, i) => `${JSON.stringify({ text: i % 5 ? line : [line, "two"] })}\n`);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-kill-"));
  await writeFile(join(folder, "tokenizer.json"), byteBpe(sentence, 60));
  await writeFile(join(folder, "in.txt"), text);
  await writeFile(join(folder, "in.jsonl"), lines.join(""));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Numbers in [0, 1) from a seed: a linear congruential generator. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Ending {
  /** Undefined if the process was killed. */
  readonly notes: readonly string[] | undefined;
  /** From "go" on, in milliseconds. */
  readonly milliseconds: number;
}

function run(options: object, killAfter?: number): Promise<Ending> {
  const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  let complaint = "";
  let started = 0;
  child.stderr.on("data", (data: Buffer) => {
    complaint += data.toString();
  });
  child.stdout.on("data", (data: Buffer) => {
    printed += data.toString();
    if (started !== 0 || !printed.startsWith("go\n")) return;
    started = performance.now();
    if (killAfter !== undefined) setTimeout(() => child.kill("SIGKILL"), killAfter);
  });
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      const milliseconds = performance.now() - started;
      const last = printed.trimEnd().split("\n").at(-1) ?? "";
      if (code === 0) resolve({ notes: (JSON.parse(last) as { notes: string[] }).notes, milliseconds });
      else if (signal === "SIGKILL") resolve({ notes: undefined, milliseconds });
      else reject(new Error(`exit code ${code}: ${complaint}`));
    });
  });
}

const cases = [
  { name: "stitched WikiText", input: "in.txt", more: { seqLength: 63, workers: 1 } },
  {
    name: "padded WikiText, two threads",
    input: "in.txt",
    more: { seqLength: 40, mode: "pad", padToken: 5, workers: 2 },
  },
  { name: "documents of JSON lines, two threads", input: "in.jsonl", more: { mode: "documents", workers: 2 } },
];

async function digest(prefix: string): Promise<string> {
  const hash = createHash("sha256");
  for (const ending of [".bin", ".idx"]) hash.update(await readFile(prefix + ending));
  return hash.digest("hex");
}

/** What the journal says is done, and the bytes of tokens that were written after it. */
async function journalOf(part: string): Promise<{ done: number; beyond: number }> {
  const journal = await readFile(join(part, "journal.jsonl"), "utf8").catch(() => "");
  const whole = journal.split("\n").slice(0, -1);
  const last = whole.length > 0 ? (JSON.parse(whole.at(-1) as string) as { tokenBytes: number }) : { tokenBytes: 0 };
  const size = (await stat(join(part, "tokens")).catch(() => ({ size: last.tokenBytes }))).size;
  return { done: whole.length, beyond: size - last.tokenBytes };
}

describe.concurrent.each(cases)("$name", ({ name, input, more }) => {
  it("has the same bytes however often and whenever it was killed, and no part that was done is done again", async ({
    expect,
  }) => {
    const random = generator(input.length + JSON.stringify(more).length);
    const options = (output: string) => ({
      input: join(folder, input),
      tokenizer: join(folder, "tokenizer.json"),
      output: join(folder, output, "x"),
      chunkBytes,
      ...more,
    });
    const prefix = (output: string) => join(folder, output, "x_text_document");
    const whole = await run(options(`${name}-whole`));
    const expected = await digest(prefix(`${name}-whole`));
    let killed = 0;
    let resumed = 0;
    for (let round = 0; killed < Math.ceil(kills / cases.length); round++) {
      const output = `${name}-${round}`;
      const part = join(folder, output, ".x_text_document.part");
      let done = 0;
      for (let ending: Ending | undefined; !ending?.notes; ) {
        const finished = () => existsSync(join(part, "publish.json")) || existsSync(`${prefix(output)}.manifest.json`);
        const finishedBefore = finished();
        ending = await run(options(output), random() * whole.milliseconds * 0.8);
        const goneOn = /went on after (\d+) of/.exec(ending.notes?.join() ?? "")?.[1];
        if (ending.notes && !finishedBefore) expect(Number(goneOn ?? 0)).toBe(done);
        if (ending.notes) break;
        killed++;
        if (finished()) continue; // only names, the manifest or the removal of the folder were missing
        const now = await journalOf(part);
        expect(now.done).toBeGreaterThanOrEqual(done);
        expect(now.beyond).toBeLessThan(4 * chunkBytes * 2); // the tokens of one part
        if (done > 0) resumed++;
        done = now.done;
      }
      expect(await digest(prefix(output))).toBe(expected);
      // A kill may leave an empty or half-written file, but only under a temporary name.
      const rest = (await readdir(join(folder, output))).filter((file) => !file.endsWith(".tmp")).sort();
      expect(rest).toEqual(["x_text_document.bin", "x_text_document.idx", "x_text_document.manifest.json"]);
      await rm(join(folder, output), { recursive: true });
    }
    expect(killed).toBeGreaterThanOrEqual(Math.ceil(kills / cases.length));
    expect(resumed).toBeGreaterThan(0);
  });
});
