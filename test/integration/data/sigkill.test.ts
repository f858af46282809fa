import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileSha256 } from "../../../src/data/files/file-record.js";
import { byteBpe } from "../../support/byte-bpe.js";
import { type Kill, prepareInProcess, type RunEnding } from "../../support/prepare-kill.js";
import { seededRandom } from "../../support/random.js";

// prepareData in processes of its own that get SIGKILL at random moments; the next process goes on. Each process
// prepares several datasets at the same time, so that one start of a process gives several interrupted runs, each at
// another moment of its own. Seeded.

const kills = 200;
const recordKills = 24;
const chunkBytes = 2 * 1024;
const sentence = "The quick brown fox ( no . 7 ) jumps over the lazy dog ; it 's 1 @,@ 234 years old . ";
const section = (i: number) => ` = Part ${i} = \n \n Number ${i} : ${sentence.repeat(6)}\n \n`;
const text = Array.from({ length: 32 }, (_, i) => section(i)).join("");
const lines = text.split("\n").map((line, i) => `${JSON.stringify({ text: i % 5 ? line : [line, "two"] })}\n`);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-kill-"));
  await writeFile(join(folder, "tokenizer.json"), byteBpe(sentence, 60));
  await writeFile(join(folder, "in.txt"), text);
  await writeFile(join(folder, "in.jsonl"), lines.join(""));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Kind {
  readonly name: string;
  readonly input: string;
  readonly more: object;
}

const wikitext = "in.txt";
const jsonLines = "in.jsonl";
const kinds: readonly Kind[] = [
  { name: "stitch 1", input: wikitext, more: { seqLength: 63, workers: 1 } },
  { name: "pad 2", input: wikitext, more: { seqLength: 40, mode: "pad", padToken: 5, workers: 2 } },
  { name: "documents 1", input: jsonLines, more: { mode: "documents", workers: 1 } },
  { name: "stitch 2", input: jsonLines, more: { seqLength: 63, workers: 2 } },
  { name: "pad 1", input: wikitext, more: { seqLength: 20, mode: "pad", padToken: 5, workers: 1 } },
  { name: "documents 2", input: jsonLines, more: { mode: "documents", workers: 2, dtype: "uint16" } },
];
const records: readonly Kind[] = [
  { name: "one file", input: wikitext, more: { format: "mindrecord", seqLength: 7, workers: 1 } },
  { name: "three files", input: wikitext, more: { format: "mindrecord", seqLength: 31, shards: 3, workers: 1 } },
];

/** A dataset in a folder of its own. */
class Place {
  readonly kind: Kind;
  readonly #name: string;

  constructor(kind: Kind, round: string) {
    this.kind = kind;
    this.#name = `${kind.name} ${round}`;
  }

  get path(): string {
    return join(folder, this.#name);
  }

  get options(): object {
    const { input, more } = this.kind;
    const files = { input: join(folder, input), tokenizer: join(folder, "tokenizer.json") };
    return { ...files, output: join(this.path, "x"), chunkBytes, ...more };
  }

  /** Path of a file of an unfinished preparation. */
  async unfinished(file: string): Promise<string> {
    const names = await readdir(this.path).catch(() => []);
    return join(this.path, names.find((name) => name.endsWith(".part")) ?? "none", file);
  }

  /** What lies under final names: name → checksum. The manifest has a time in it and only has to be whole. */
  async finals(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of await readdir(this.path).catch(() => [])) {
      const path = join(this.path, name);
      if (name.endsWith(".manifest.json")) found[name] = typeof JSON.parse(await readFile(path, "utf8"));
      else if (!name.startsWith(".")) found[name] = await fileSha256(path);
    }
    return found;
  }

  /** The text that the journal says is done, in bytes. */
  async journalled(): Promise<number> {
    const journal = await readFile(await this.unfinished("journal.jsonl"), "utf8").catch(() => "");
    const last = journal.split("\n").slice(0, -1).at(-1);
    return last === undefined ? 0 : (JSON.parse(last) as { textBytes: number }).textBytes;
  }

  /** True if only names, the manifest or the removal of the folder are missing. */
  async isDecided(): Promise<boolean> {
    if (existsSync(await this.unfinished("publish.json"))) return true;
    return (await readdir(this.path).catch(() => [])).some((name) => name.endsWith(".manifest.json"));
  }
}

/** A run between two processes, with what has been seen of it. */
class InterruptedRun {
  readonly place: Place;
  readonly #expected: Readonly<Record<string, string>>;
  #done = 0;
  /** Bytes of text that were given to threads by all processes. */
  #given = 0;
  #kills = 0;

  constructor(place: Place, expected: Readonly<Record<string, string>>) {
    this.place = place;
    this.#expected = expected;
  }

  /** Gives whether it was interrupted. */
  async after({ notes, given }: RunEnding): Promise<boolean> {
    const sum = given.reduce((total, bytes) => total + bytes, 0);
    this.#given += sum;
    const found = await this.place.finals();
    if (notes) {
      expect(found).toEqual(this.#expected);
      const whole = this.place.kind.input === wikitext ? text.length : lines.join("").length;
      expect(this.#given, "all that was given to threads").toBeLessThanOrEqual(whole + this.#kills * chunkBytes);
      return false;
    }
    expect(this.#expected, "nothing half-written has a final name").toMatchObject(found);
    this.#kills++;
    if (await this.place.isDecided()) return true;
    const done = await this.place.journalled();
    expect(done, "what the journal has stays").toBeGreaterThanOrEqual(this.#done);
    const lost = this.#done + sum - done;
    expect(lost, "text that was given to threads and is not in the journal").toBeLessThanOrEqual(chunkBytes);
    this.#done = done;
    return true;
  }
}

/** Datasets of these kinds made without interruption: how long it took, and what came out. */
async function uninterrupted(of: readonly Kind[]) {
  const places = of.map((kind) => new Place(kind, "whole"));
  const { milliseconds } = await prepareInProcess(places.map(({ options }) => options));
  return { milliseconds, expected: await Promise.all(places.map((place) => place.finals())) };
}

/**
 * Kills processes until `wanted` runs were interrupted and all that were begun have ended well. A run that has ended
 * makes room for a new one, so that as many as there are kinds go on in every process.
 */
async function killRuns(
  of: readonly Kind[],
  wanted: number,
  killOf: (milliseconds: number, places: readonly Place[]) => Kill,
) {
  const { milliseconds, expected } = await uninterrupted(of);
  let interrupted = 0;
  let begun = 0;
  const begin = (i: number) => new InterruptedRun(new Place(of[i] as Kind, `${begun++}`), expected[i] ?? {});
  let open = of.map((_, i) => begin(i));
  while (open.length > 0) {
    const places = open.map(({ place }) => place);
    const enough = interrupted >= wanted;
    const { runs } = await prepareInProcess(
      places.map(({ options }) => options),
      enough ? undefined : killOf(milliseconds, places),
    );
    const next: InterruptedRun[] = [];
    for (const [i, run] of open.entries()) {
      const goesOn = await run.after(runs[i] as RunEnding);
      if (goesOn) interrupted++;
      else await rm(run.place.path, { recursive: true });
      if (goesOn) next.push(run);
      else if (!enough) next.push(begin(of.indexOf(run.place.kind)));
    }
    open = next;
  }
  return interrupted;
}

describe("prepareData", () => {
  it("killed by SIGKILL at 200 random moments: always the same bytes, at most one chunk done twice, nothing half-written", async () => {
    const random = seededRandom(7);
    // The start takes longer than all the rest, and giving the files their names takes no time: so a third of the
    // kills comes after the first part of a text went to a thread, and a third after the first dataset is finished
    // but for its names.
    const given = (printed: string) => printed.includes('"given"');
    const named = (places: readonly Place[]) => () =>
      places.some(({ path }) => existsSync(join(path, ".x_text_document.part", "publish.json")));
    let turn = 0;
    const interrupted = await killRuns(kinds, kills, (milliseconds, places) => {
      turn = (turn + 1) % 3;
      if (turn === 0) return { after: random() * milliseconds };
      if (turn === 1) return { after: random() * milliseconds * 0.4, once: given };
      return { after: random() * milliseconds * 0.02, once: named(places) };
    });
    expect(interrupted).toBeGreaterThanOrEqual(kills);
  });

  it("killed while MindRecord rows are written: the next call gives the same bytes, from the tokens that are there", async () => {
    const random = seededRandom(8);
    const interrupted = await killRuns(records, recordKills, (milliseconds, places) => ({
      after: random() * milliseconds * 0.5,
      once: () => places.some(({ path }) => existsSync(join(path, ".x.mindrecord.part", "rows"))),
    }));
    expect(interrupted).toBeGreaterThanOrEqual(recordKills);
  });
});
