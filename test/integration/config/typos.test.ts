import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { writtenPlaces } from "../../../src/config/rules/places.js";
import { positionOf } from "../../../src/config/text/nodes.js";
import { readSource } from "../../../src/config/text/source-text.js";
import { nodeAt } from "../../../src/config/text/values.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { pick, seededRandom } from "../../support/random.js";

const shipped = join(packageRoot(), ".venv", "lib", "python3.11", "site-packages", "configs");

const kinds = ["dropped", "doubled", "swapped", "replaced"] as const;

function misspell(key: string, kind: (typeof kinds)[number], random: () => number): string {
  const at = Math.floor(random() * key.length);
  if (kind === "dropped") return key.slice(0, at) + key.slice(at + 1);
  if (kind === "doubled") return key.slice(0, at + 1) + key.slice(at);
  if (kind === "swapped") {
    const first = Math.min(at, key.length - 2);
    return key.slice(0, first) + key[first + 1] + key[first] + key.slice(first + 2);
  }
  const letter = pick([..."abcdefghijklmnopqrstuvwxyz"], random);
  return key.slice(0, at) + letter + key.slice(at + 1);
}

interface Key {
  readonly path: string;
  readonly parent: string;
  readonly name: string;
  readonly start: number;
}

function keysOf(text: string): Key[] {
  const { root } = readSource(text, "text");
  return writtenPlaces(root).flatMap(({ path }) => {
    const parent = path.split(".").slice(0, -1).join(".");
    const map = nodeAt(root, parent);
    const entry =
      map?.kind === "map" ? map.entries.find(({ key }) => path === (parent ? `${parent}.${key}` : key)) : undefined;
    return entry === undefined ? [] : [{ path, parent, name: entry.key, start: entry.keyStart }];
  });
}

test("of 500 keys misspelled in MindFormers' own pre-training files every one is reported, at its line and column, with the right name", async () => {
  const random = seededRandom(2026);
  const files = (await readdir(shipped, { recursive: true })).filter((file) => /pretrain.*\.yaml$/.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(shipped, file), "utf8")));
  const keys = texts.map(keysOf);
  const seen = new Set<string>();
  const missed: string[] = [];
  const misled: string[] = [];
  let count = 0;
  while (count < 500) {
    const index = Math.floor(random() * files.length);
    const text = texts[index] as string;
    const key = pick(keys[index] ?? [], random);
    const kind = pick(kinds, random);
    const word = misspell(key.name, kind, random);
    const right = key.parent ? `${key.parent}.${word}` : word;
    // Not a typo (two equal letters swapped), or one that leaves no word; and no case twice.
    if (word === key.name || word === "" || seen.has(`${index} ${right}`)) continue;
    seen.add(`${index} ${right}`);
    count++;
    const config = await openConfig(text.slice(0, key.start) + word + text.slice(key.start + key.name.length));
    const found = config.check().find(({ rule, path }) => rule === "unknown-key" && path === right);
    const name = `${files[index]} ${key.path} → ${word}`;
    if (found === undefined) missed.push(name);
    else {
      expect({ line: found.line, column: found.column }, name).toEqual(positionOf(text, key.start));
      if (found.hint !== `did you mean ${key.path}?`) misled.push(`${name}: ${found.hint}`);
    }
  }
  expect(missed).toEqual([]);
  // Two known names can be equally near: k_lora_rank is kv_lora_rank or q_lora_rank. 499 of the 500 are understood
  // rightly.
  expect(misled.length, misled.join("\n")).toBeLessThanOrEqual(1);
});
