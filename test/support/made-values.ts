import { pick } from "./random.js";

/** Lengths at which something is cut. */
const limits = [30, 100, 200, 1000, 2000, 10_000, 20_000, 40_000, 100_000];

/** Random texts and values of one case. */
export class Made {
  constructor(
    readonly random: () => number,
    private readonly units: readonly string[],
  ) {}

  number(below: number): number {
    return Math.floor(this.random() * below);
  }

  readonly text = (): string => {
    if (this.random() < 0.03) {
      const limit = pick(limits, this.random);
      return pick(["", "a", "ab", ...this.units], this.random) + "🎉".repeat(limit / 2 + 1 - this.number(4));
    }
    return Array.from({ length: this.number(7) }, () => pick(this.units, this.random)).join("");
  };

  list<T>(make: () => T, most = 4): T[] {
    return Array.from({ length: this.number(most) }, make);
  }

  record<T>(make: () => T): Record<string, T> {
    return Object.fromEntries(this.list(() => [this.text(), make()] as const));
  }

  readonly json = (depth = 2): unknown => {
    const kind = depth === 0 ? 0 : this.number(4);
    if (kind === 1) return this.list(() => this.json(depth - 1));
    return kind === 2 ? this.record(() => this.json(depth - 1)) : this.text();
  };

  readonly value = (depth = 3): unknown => {
    const inner = () => this.value(depth - 1);
    const kinds = [
      this.text,
      () => this.json(),
      () => this.list(inner),
      () => this.record(inner),
      () => new Map(this.list(() => [this.text(), inner()] as const)),
      () => new Set(this.list(inner)),
      () => Symbol(this.text()),
      () => new (this.named())(this.text()),
      () => Object.assign(() => {}, this.record(inner)),
      () => new String(this.text()),
      () => new Error(this.text()),
      () => this.list(() => this.record(this.text)),
      () => ({ nodeType: 3, nodeValue: this.text() }),
      () => ({ nodeType: 1, outerHTML: `<p>${this.text()}</p>` }),
    ];
    return depth === 0 ? this.text() : pick(kinds, this.random)();
  };

  /** A class with a name that nobody could type. */
  named(): new (text: string) => Error {
    const name = this.text();
    const made = class extends Error {};
    Object.defineProperty(made, "name", { value: name });
    return made;
  }

  error(depth = 2): unknown {
    const error = new (this.random() < 0.5 ? this.named() : Error)(this.text());
    Object.assign(
      error,
      this.record(() => this.value(1)),
    );
    if (this.random() < 0.3) Object.assign(error, { hint: this.text() });
    if (this.random() < 0.3) Object.assign(error, { name: this.text() });
    if (depth > 0 && this.random() < 0.4) Object.assign(error, { cause: this.error(depth - 1) });
    if (depth > 0 && this.random() < 0.3) Object.assign(error, { errors: this.list(() => this.error(depth - 1)) });
    return this.random() < 0.8 ? error : this.value();
  }
}
