import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Lexer } from "yaml";
import { Config } from "../../../src/config/config.js";
import { contentEnd } from "../../../src/config/text/edit.js";
import { lineBreakOf, type YamlNode } from "../../../src/config/text/nodes.js";
import { parseYaml } from "../../../src/config/text/syntax.js";
import { nodeAt, sameValue } from "../../../src/config/text/values.js";
import { ConfigError } from "../../../src/core/error.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { randomEdit } from "../../support/yaml-edits.js";

const templates = join(packageRoot(), "src", "config", "templates");
const yaml = readdirSync(templates).filter((file) => file.endsWith(".yaml"));
const texts = yaml.map((file) => [file, readFileSync(join(templates, file), "utf8")] as const);
const odd = `# head
a: &a   # anchor
  b : 1.e-8
  "c d": 'q'   # quoted
list:
- 1 # one
-  - x
   - y
- k: v # kv
  m: |
    text

    more
- &s {p: 1, q: [1, 2,]}
empty:
flow: {a: [*a, *s], b: {}, c: []}
merged:
  <<: *a
  own: 1
last: >-
  folded
  text`;

function open(text: string): Config {
  return new Config({ kind: "text", name: "text" }, text);
}

function comments(text: string): string[] {
  return [...new Lexer().lex(text)].filter((lexeme) => lexeme.startsWith("#"));
}

/** What had to go from the old text: the middle between the common beginning and the common end. */
function removed(before: string, after: string): { start: number; end: number } {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = before.length;
  let other = after.length;
  while (end > start && other > start && before[end - 1] === after[other - 1]) [end, other] = [end - 1, other - 1];
  return { start, end };
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

function rootOf(text: string): YamlNode {
  const { root } = parseYaml(text);
  if (root === undefined) throw new Error("unreadable");
  return root;
}

describe.each([...texts, ["odd layout", odd], ["odd layout, CRLF", odd.replaceAll("\n", "\r\n")]] as const)(
  "random edits of %s",
  (_name, text) => {
    test("change the wanted value and leave every byte outside of it alone", () => {
      const root = rootOf(text);
      let refused = 0;
      let runs = 0;
      fc.assert(
        fc.property(randomEdit(open(text)), ({ path, value }) => {
          runs++;
          const config = open(text);
          try {
            config.set(path, value);
          } catch (error) {
            if (!(error instanceof ConfigError) || error.code !== "CONFIG_EDIT_REFUSED") throw error;
            expect(config.text).toBe(text);
            refused++;
            return;
          }
          const got = open(config.text).get(path);
          const wanted = typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
          expect(sameValue(got, wanted) || JSON.stringify(got, big) === JSON.stringify(wanted, big)).toBe(true);
          if (lineBreakOf(text) === "\r\n") expect(config.text).not.toMatch(/[^\r]\n/);
          const node = nodeAt(root, path);
          const inherited = path.startsWith("merged.") && !path.startsWith("merged.own");
          if (node === undefined || inherited || config.text === text) {
            expect(comments(config.text).filter((comment) => comments(text).includes(comment))).toEqual(comments(text));
            return;
          }
          const { start, end } = removed(text, config.text);
          expect(start).toBeGreaterThanOrEqual(Math.min(node.slot, node.start) - 1);
          expect(end).toBeLessThanOrEqual(lineEnd(text, contentEnd(node)));
          if (node.kind === "scalar" || node.kind === "alias") expect(comments(config.text)).toEqual(comments(text));
        }),
        { numRuns: 100, seed: 20261124 },
      );
      expect(refused / runs).toBeLessThan(0.2);
    });

    test("can follow one another: the last value wins and the text stays readable", () => {
      fc.assert(
        fc.property(fc.array(randomEdit(open(text)), { minLength: 2, maxLength: 5 }), (edits) => {
          const config = open(text);
          for (const { path, value } of edits) {
            try {
              config.set(path, value);
            } catch (error) {
              if (!(error instanceof ConfigError)) throw error;
            }
          }
          expect(open(config.text).toJS()).toEqual(config.toJS());
        }),
        { numRuns: 25, seed: 20261124 },
      );
    });
  },
);

function big(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}`;
  return typeof value === "number" && Number.isInteger(value) ? `${BigInt(value)}` : value;
}
