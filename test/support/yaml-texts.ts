import { pick } from "./random.js";

type Random = () => number;

const words = ["a", "b", "c1", "key", "model_config", "x-y", "<<", "on", "No", "~", "=", "12", "1.5", "null", "seed"];
const scalars = [
  ...["1", "0", "-3", "0123", "0o7", "0x1F", "0b11", "12:30", "1_000", "+7", "1:30.5", "190:20:30"],
  ...["1.5", "1e-5", "1.0e-5", "-.5", ".5", "1.", ".inf", "-.INF", ".nan", "1.e+3", "1e5", "6.02e+23"],
  ...["true", "Yes", "off", "y", "null", "~", "Null", "None", "nullx", "True", "FALSE"],
  ...["2024-01-02", "2024-13-02", "2024-01-02 03:04:05", "2024-1-2t3:04:05.25+02:00", "24-01-02"],
  ...["text", "two words", "a:b", "a#b", "a #b", "-x", "- x", "?x", ":x", "x:", "=", "<<", "*", "&", "@x", "`x", "%x"],
  ...["'single'", "'it''s'", '"double"', '"tab\\tx"', '"\\x41\\u0042"', '"a\\', '"bad \\q"', "'open", '"two\n  lines"'],
  ...["", " ", "|", ">-", "|+", "|2", "[", "{", "]", "}", ",", "!", "!!", "'a' b", '"a": b', "é", "😀", "a\\b"],
];
/** Texts that are a value wherever they stand. */
const sound = ["1", "0.5", "1e-5", "text", "True", "null", "'quoted'", '"double"', "2024-01-02", "two words"];
const tags = [
  ...["!!str", "!!int", "!!float", "!!bool", "!!null", "!!seq", "!!map", "!!timestamp", "!", "!own", "!!nothing"],
  ...[
    "!<tag:yaml.org,2002:str>",
    "!e!x",
    "!!binary",
    "!!set",
    "!!omap",
    "!!pairs",
    "!!merge",
    "!!python/name:os.system",
  ],
];
const names = ["a", "b", "base", "x1", "a", "b"];

/** Writes random YAML: mostly sound, with every kind of trouble in between. */
class Writer {
  readonly #random: Random;
  #left: number;

  constructor(random: Random) {
    this.#random = random;
    this.#left = 3 + Math.floor(random() * 22);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #one<T>(items: readonly T[]): T {
    return pick(items, this.#random);
  }

  #properties(): string {
    let text = "";
    if (this.#chance(0.04)) text += `${this.#one(tags)} `;
    if (this.#chance(0.06)) text += `&${this.#one(names)} `;
    if (this.#chance(0.01)) text += `${this.#one(tags)} `;
    return text;
  }

  #scalar(): string {
    if (this.#chance(0.04)) return `*${this.#one(names)}`;
    return this.#one(this.#chance(0.6) ? sound : scalars);
  }

  #flow(depth: number): string {
    this.#left--;
    const props = this.#properties();
    if (depth > 2 || this.#left < 0 || this.#chance(0.5)) return props + this.#scalar();
    const gap = (): string => this.#one(["", " ", " ", "\n", "\n  ", " # note\n  ", "\n      "]);
    const count = Math.floor(this.#random() * 4);
    const list = this.#chance(0.5);
    const items = Array.from({ length: count }, () => {
      const pair = list ? this.#chance(0.15) : this.#chance(0.85);
      const colon = this.#one([": ", ": ", ": ", ":", " :", "? "]);
      return pair ? `${this.#key()}${colon}${this.#flow(depth + 1)}` : this.#flow(depth + 1);
    });
    const inside = items.map((item) => gap() + item).join(",") + (this.#chance(0.1) ? "," : "") + gap();
    return props + (list ? `[${inside}]` : `{${inside}}`);
  }

  #key(): string {
    const key = this.#chance(0.85)
      ? this.#one(words)
      : this.#one(["'a b'", '"q"', "? k", "&a k", "!!str 12", "*a", "[1]"]);
    return key;
  }

  #blockText(indent: number): string {
    const header =
      this.#one(["|", ">", "|-", ">-", "|+", ">+", "|2", ">1-", "|+3"]) + this.#one(["", "", " # note", " x"]);
    const lines = Array.from({ length: Math.floor(this.#random() * 4) }, () => {
      const own = " ".repeat(Math.max(0, indent + 2 + this.#one([0, 0, 0, 2, -1, -2])));
      return this.#chance(0.2) ? "" : own + this.#one(["text", "  more", "# no comment", "- x", "key: value", "end "]);
    });
    return [header, ...lines].join("\n");
  }

  #step(): number {
    return this.#one([2, 2, 2, 2, 4, 1, 3]);
  }

  /** Mostly the right column, sometimes one beside it. */
  #pad(indent: number): string {
    return " ".repeat(Math.max(0, indent + (this.#chance(0.03) ? this.#one([-1, 1, 2]) : 0)));
  }

  #noise(): string {
    return this.#chance(0.06)
      ? this.#one(["\n", "# note\n", "  # note\n", "---\n", "...\n", "%YAML 1.1\n", "\n\n"])
      : "";
  }

  #value(indent: number): string {
    this.#left--;
    const props = this.#properties();
    const kind = this.#left < 0 ? 0.9 : this.#random();
    const end = this.#one(["", "", "", "", " ", " # note"]);
    if (kind < 0.25) return `${props.trimEnd()}${end}\n${this.#map(indent + this.#step())}`;
    if (kind < 0.42) return `${props.trimEnd()}${end}\n${this.#list(indent + this.#one([0, 0, 2, 2, 4]))}`;
    if (kind < 0.5) return `${props}${this.#blockText(indent)}\n`;
    if (kind < 0.64) return `${props}${this.#flow(0)}${end}\n`;
    const more = this.#chance(0.06) ? `\n${" ".repeat(indent + this.#one([0, 1, 2, 4]))}and more` : "";
    return `${props}${this.#scalar()}${more}${end}\n`;
  }

  #map(indent: number): string {
    let text = "";
    for (let count = 1 + Math.floor(this.#random() * 3); count > 0; count--) {
      const merge = this.#chance(0.05);
      const key = merge ? "<<" : this.#key();
      const value = merge
        ? `${this.#one([`*${this.#one(names)}`, `[*a, *b]`, "{c: 1}", "1", "[1]"])}\n`
        : this.#value(indent);
      text += `${this.#noise()}${this.#pad(indent)}${key}:${this.#chance(0.04) ? "" : " "}${value}`;
    }
    return text;
  }

  #list(indent: number): string {
    let text = "";
    for (let count = 1 + Math.floor(this.#random() * 3); count > 0; count--) {
      const inline = this.#chance(0.25);
      const item = inline ? this.#map(indent + 2).trimStart() : this.#value(indent);
      text += `${this.#noise()}${this.#pad(indent)}-${this.#chance(0.04) ? "" : " "}${item}`;
    }
    return text;
  }

  document(): string {
    const start = this.#chance(0.06)
      ? this.#one(["---\n", "--- ", "%YAML 1.1\n---\n", "%TAG !e! tag:yaml.org,2002:\n---\n"])
      : "";
    const roll = this.#random();
    const body = roll < 0.85 ? this.#map(0) : roll < 0.93 ? this.#list(0) : this.#value(0);
    return start + body;
  }
}

/** A character more, less, or another: what a slip of the hand does. */
function slip(text: string, random: Random): string {
  const at = Math.floor(random() * (text.length + 1));
  const char = pick(
    ["", " ", "  ", "\n", ":", "-", "#", '"', "'", "[", "]", "{", "}", ",", "\t", "&a ", "*a", "!", "|"],
    random,
  );
  return text.slice(0, at) + char + text.slice(at + (random() < 0.6 ? 1 : 0));
}

/** A random YAML text with every kind of structure and odd indentation; every third with a slip. */
export function randomYaml(random: Random): string {
  const text = new Writer(random).document();
  return random() < 0.33 ? slip(text, random) : text;
}
