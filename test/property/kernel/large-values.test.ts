import { expect, it } from "vitest";
import { cutText } from "../../../kernel/core/text.js";
import { valueLimits } from "../../../kernel/core/value-text.js";
import { lookOf, textOf } from "../../../kernel/output/looks/mime.js";
import { formatTable, tableLimits } from "../../../kernel/output/looks/object-table.js";
import { describeFailure, failureLimits } from "../../../kernel/report/failure.js";
import { pick, seededRandom } from "../../support/random.js";

// However large a value is, what is shown of it is not. KERNEL_VALUES and KERNEL_SEED run more of them, or others.
const count = Number(process.env.KERNEL_VALUES ?? 2000);
const seed = Number(process.env.KERNEL_SEED ?? 20261202);

/** Characters: of a text, with the count of what is left out; of a table, with its tags; of an error, all in all. */
const bounds = {
  text: valueLimits.text + 60,
  html: tableLimits.html,
  failure: failureLimits.all,
};

/** Large values, each a little different. */
class Large {
  /** Parts that may still be made: values are large in one or two directions, not in all. */
  private left = 6000;

  constructor(private readonly random: () => number) {}

  /** From 0 to `most`, small numbers as often as large ones. */
  private size(most: number): number {
    const size = Math.floor(most ** this.random());
    const taken = Math.min(size, this.left);
    this.left -= taken;
    return taken;
  }

  private readonly text = (most = 150_000): string => {
    const unit = pick(["a", "ab ", "🎉", "<b>", '"', "&", "\n", "\\", "'", "\u0000", "\u001b[31m"], this.random);
    return unit.repeat(Math.floor(most ** this.random() / unit.length));
  };

  private readonly flat = (): unknown =>
    pick(
      [() => 1.5, () => 10n ** BigInt(this.size(3000)), () => null, () => true, () => this.text(5000)],
      this.random,
    )();

  private keys(): string[] {
    const length = this.size(4000);
    const long = this.random() < 0.2 ? this.text(Math.max(1, 200_000 / (length + 1))) : "";
    return Array.from({ length }, (_, k) => `${long}${k}`);
  }

  private deep(inner: unknown): unknown {
    const wrap = pick(
      [
        (one: unknown) => [one],
        (one: unknown) => ({ one }),
        (one: unknown) => new Map([[one, one]]),
        (one: unknown) => new Set([one]),
      ],
      this.random,
    );
    let value = inner;
    for (let depth = this.size(1000); depth > 0; depth--) value = wrap(value);
    return value;
  }

  private records(make: () => unknown): unknown {
    const keys = this.keys();
    const length = 2 + this.size(300);
    return Array.from({ length }, () =>
      Object.fromEntries(keys.slice(0, 1 + 4000 / length).map((key) => [key, make()])),
    );
  }

  readonly value = (depth = 3): unknown => {
    const inner = () => this.value(depth - 1);
    if (depth === 0 || this.left <= 0) return this.flat();
    const kinds: (() => unknown)[] = [
      () => this.text(),
      this.flat,
      () => Object.fromEntries(this.keys().map((key) => [key, inner()])),
      () => Array.from({ length: this.size(4000) }, inner),
      () => new Map(this.keys().map((key) => [key, inner()])),
      () => new Set(this.keys().map(inner)),
      () => this.deep(inner()),
      () => new Float64Array(this.size(30_000)),
      () => new BigUint64Array(this.size(30_000)).fill(2n ** 64n - 1n),
      () => Object.assign(new Uint8Array(this.size(1000)), Object.fromEntries(this.keys().map((key) => [key, 1]))),
      () => Buffer.alloc(this.size(30_000)),
      () => new ArrayBuffer(this.size(30_000)),
      () => this.records(this.flat),
      () => this.records(inner),
      () => Symbol(this.text()),
      () => new String(this.text()),
      () => Object.assign(() => {}, Object.fromEntries(this.keys().map((key) => [key, 1]))),
      () => Object.assign([1], Object.fromEntries(this.keys().map((key) => [key, 1]))),
      () => new Array(this.size(30_000)),
      () => new (this.named())(this.text()),
      () => this.error(2),
      () => Object.create(null, { a: { get: () => this.text(), enumerable: true } }),
      () => new Proxy(this.keys(), {}),
      () => Promise.resolve(inner()),
      () => ({ nodeType: 3, nodeValue: this.text(), name: this.text() }),
      () => ({ nodeType: 2, nodeValue: this.text(), name: this.text() }),
      () => arrowTable(this.keys(), this.text(5000)),
      () => new RegExp(this.text(1000).replaceAll(/\W/g, ""), "g"),
    ];
    return pick(kinds, this.random)();
  };

  private named(): new (text: string) => Error {
    const made = class extends Error {};
    Object.defineProperty(made, "name", { value: this.text() });
    return made;
  }

  readonly error = (depth = 3): unknown => {
    const error = new (this.random() < 0.5 ? this.named() : Error)(this.text());
    if (this.random() < 0.3) Object.assign(error, Object.fromEntries(this.keys().map((key) => [key, this.flat()])));
    if (this.random() < 0.3) Object.assign(error, { hint: this.text() });
    if (this.random() < 0.3) Object.assign(error, { name: this.text() });
    if (this.random() < 0.2)
      error.stack = `${cutText(error.message, 3000)}\n    at /srv/${this.text(10_000)}.js:1:2`.repeat(this.size(20));
    if (depth === 0) return error;
    if (this.random() < 0.3)
      Object.assign(error, { errors: Array.from({ length: this.size(50) }, () => this.error(depth - 1)) });
    if (this.random() < 0.3) Object.assign(error, { cause: pick([this.error, this.value], this.random)(depth - 1) });
    if (this.random() < 0.1)
      for (let length = this.size(2000), at = error; length > 0; length--, at = at.cause as Error)
        at.cause = new Error(this.text(3000));
    return error;
  };
}

/** As apache-arrow's: columns that nobody could type. */
function arrowTable(names: readonly string[], text: string) {
  const fields = names.map((name) => ({ name, type: { typeId: 1, toString: () => text } }));
  const row = Object.fromEntries(names.map((name) => [name, text]));
  return { numRows: 30_000, schema: { fields }, get: () => row };
}

/** Characters of what the renderers show that is longer than its bound. */
async function excessOf(large: Large): Promise<Record<string, number>> {
  const value = large.value();
  const bundle = await lookOf(value);
  const [text, html] = [String(bundle["text/plain"]), String(bundle["text/html"] ?? "")];
  const rows = Array.isArray(value) ? value.filter((row) => typeof row === "object" && row !== null).slice(0, 300) : [];
  const { ename, evalue, traceback } = describeFailure(large.error());
  const found = {
    text: text.length - bounds.text,
    html: html.length - bounds.html,
    table: formatTable(rows as Record<string, unknown>[], rows.length, textOf).length - bounds.html,
    failure: ename.length + evalue.length + traceback.join("\n").length - bounds.failure,
  };
  return Object.fromEntries(Object.entries(found).filter(([, excess]) => excess > 0));
}

it(
  "what is shown of a large value is bounded, text and table and error: 100,000 keys were 2.4 MB of text",
  async () => {
    const random = seededRandom(seed);
    const wrong: unknown[] = [];
    for (let k = 0; k < count && wrong.length < 10; k++) {
      const excess = await excessOf(new Large(random));
      if (Object.keys(excess).length > 0) wrong.push({ k, excess });
    }
    expect(wrong).toEqual([]);
  },
  Math.max(300_000, count * 100),
);
