import { tmpdir } from "node:os";
import { afterAll, expect, test } from "vitest";
import { follow, type YamlNode } from "../../../src/config/text/nodes.js";
import { parseYaml } from "../../../src/config/text/syntax.js";
import { pairsOf } from "../../../src/config/text/values.js";
import { PythonSession } from "../../support/python-session.js";
import { seededRandom } from "../../support/random.js";
import { randomYaml } from "../../support/yaml-texts.js";

interface Answer {
  /** As load_texts.py spells values. */
  readonly value?: unknown;
  /** A value that no configuration holds, such as bytes: we reject the text. */
  readonly special?: true;
  /** Two keys of one spelling, such as 12 and "12": nothing to compare. */
  readonly ambiguous?: true;
  readonly error?: string;
}

const session = new PythonSession("integration/config/load_texts.py", [], tmpdir());
afterAll(() => session.close());

/** Our tree with the kind of every number, comparable with `theirs`. */
function ours(node: YamlNode): unknown {
  const at = follow(node);
  if (at.kind === "sequence") return at.items.map(ours);
  if (at.kind === "map") return { map: Object.fromEntries(pairsOf(at).map(([key, value]) => [key, ours(value)])) };
  const { kind, value } = at.resolved;
  if (kind === "int") return { int: String(value) };
  if (kind === "float") return { float: String(value) };
  return value instanceof Date ? { date: value.getTime() } : value;
}

function theirs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(theirs);
  if (typeof value !== "object" || value === null) return value;
  const [[kind, content]] = Object.entries(value) as [[string, unknown]];
  if (kind === "map")
    return { map: Object.fromEntries(Object.entries(content as object).map(([key, item]) => [key, theirs(item)])) };
  if (kind === "float")
    return { float: String(Number(String(content).replace("inf", "Infinity").replace("nan", "NaN"))) };
  if (kind !== "date") return value;
  const text = String(content);
  return { date: Date.parse(/T.*[-+]\d\d:\d\d/.test(text) || !text.includes("T") ? text : `${text}Z`) };
}

function difference(text: string, answer: Answer): string | undefined {
  if (answer.ambiguous) return undefined;
  const { root, findings } = parseYaml(text);
  const refused = answer.value === undefined;
  if (root === undefined)
    return refused ? undefined : `we reject it (${findings[0]?.message}), PyYAML reads ${JSON.stringify(answer.value)}`;
  if (refused) return `we read ${JSON.stringify(ours(root))}, PyYAML rejects it (${answer.error ?? "special"})`;
  const [a, b] = [JSON.stringify(ours(root)), JSON.stringify(theirs(answer.value))];
  return a === b || sameUnordered(ours(root), theirs(answer.value)) ? undefined : `we read ${a}, PyYAML reads ${b}`;
}

function sameUnordered(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
}

/** More by hand: `YAML_CASES=50000 YAML_SEED=7`. */
const count = Number(process.env.YAML_CASES ?? 5000);
const seed = Number(process.env.YAML_SEED ?? 20261128);

test(`${count} random texts: PyYAML's value, or no value where PyYAML rejects the text`, async () => {
  const random = seededRandom(seed);
  let read = 0;
  const wrong: { text: string; difference: string }[] = [];
  for (let done = 0; done < count; done += 1000) {
    const texts = Array.from({ length: Math.min(1000, count - done) }, () => randomYaml(random));
    const answers = await session.ask<Answer[]>(texts);
    texts.forEach((text, index) => {
      const answer = answers[index] as Answer;
      if (answer.value !== undefined) read++;
      const found = difference(text, answer);
      if (found !== undefined) wrong.push({ text, difference: found });
    });
  }
  expect(wrong.slice(0, 5), `${wrong.length} of ${count} differ`).toEqual([]);
  expect(read).toBeGreaterThan(count / 5);
});

test.each([
  ["a flow list continued at column 0", "optimizer:\n  betas: [0.9,\n0.95]\n  eps: 1\n"],
  ["!!float of a text that PyYAML alone takes for a string", "learning_rate: !!float 1e-5\n"],
  ["! before a quoted number", 'a: ! "12"\n'],
  ["!!null of any text", "a: !!null text\n"],
  [
    "!!int in octal, hexadecimal, and base 60",
    'a: [!!int "0o17", !!int 0x1f, !!int "1:30", !!int " 12 ", !!int "1_2"]\n',
  ],
  [
    "a list of merge keys, and two merge keys",
    "x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz: {<<: [*x, *y]}\nw:\n  <<: *x\n  <<: *y\n",
  ],
  ["an anchored key and an alias as a key", "&k key: 1\nother: {*k : 2}\n"],
  ["a key =", "=: 1\n"],
  ["keys that are equal in Python", "{1: a, 1.0: b, True: c}\n"],
  ["a key with more than 1,024 characters", `${"k".repeat(1025)}: 1\n`],
  ["a list in the column of its key", "a:\n- 1\n- 2\nb: 3\n"],
  ["a question mark in a flow list", "a: [x?y, ?z]\n"],
  ["a colon that ends a flow value", "a: {b: c:, d: e}\n"],
  ["block text of a document without indentation", "--- |\ntext\n"],
  ["a comment right after a quote", "a: 'x'#y\n"],
  ["a date as a key", "{2024-1-2t3:04:05.25+02:00: 1, 2024-01-02: 2, 0024-1-2 3:04:05: 3}\n"],
  ["a clock time that no clock shows", "a: 2024-01-02 03:60:05\n"],
  ["an offset of a day", "a: 2024-01-02 03:04:05 +24:00\n"],
  ["one instant in two offsets as keys", "{2024-01-02 03:04:05 Z: 1, 2024-01-02 04:04:05 +01:00: 2}\n"],
  ["bytes below a key that stands again later", "No: !!binary two words\nNo: 1\n"],
  ["bytes that are no base64 below such a key", "No: !!binary abc\nNo: 1\n"],
  ["bytes in a section that a merge hides", "x: &x {a: 1}\ny: {<<: {a: !!binary aGk=, b: 2}, <<: *x}\n"],
  ["a set and pairs below keys that stand again later", "a: !!set {b}\na: 1\nc: !!omap [d: 1]\nc: 2\n"],
  ["pairs that are no pairs", "a: !!omap [{b: 1, c: 2}]\na: 1\n"],
  ["an alias without an anchor in a section that becomes the text of its key =", "a: !!str {x: *b, =: y}\n"],
  ["an anchor that comes twice in such a section", "a: !!str &b {=: &b y}\n"],
  ["an anchor in such a section, repeated later", "a: !!str {x: &b 1, =: y}\nc: *b\n"],
  ["a byte-order mark within the text", "a: \ufeffx\n\ufeffb: 1\n"],
  ["a merged set", "<<: !!set\n  seed: 1\n"],
  ["a merged set that is repeated as a value", "<<: &s !!set {seed: 1}\nb: *s\n"],
  ["a merged section with a tag of its own, repeated as a value", "<<: &s !own {seed: 1}\nb: *s\n"],
])("%s is read as PyYAML reads it", async (_, text) => {
  const [answer] = await session.ask<Answer[]>([text]);
  expect(difference(text, answer as Answer)).toBeUndefined();
});
