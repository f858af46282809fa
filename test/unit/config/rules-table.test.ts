import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listRules } from "../../../src/config/rule-list.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { displayKey } from "../../../src/view/display-contract.js";

const file = join(packageRoot(), "src", "config", "rules", "RULES.md");
const head = "| rule | what must hold | MindFormers 1.9 | `config.fix()` |\n|---|---|---|---|\n";

function table(): string {
  const areas = [...new Set(listRules().map(({ area }) => area))];
  return areas
    .map((area) => {
      const rows = listRules().filter((rule) => rule.area === area);
      const lines = rows.map(
        ({ id, about, engine, cure }) => `| \`${id}\` | ${about} | ${engine} | ${cure ? "yes" : "by hand"} |\n`,
      );
      return `## ${area}\n\n${head}${lines.join("")}`;
    })
    .join("\n");
}

test("the table of all rules says what the code does", async () => {
  const text = await readFile(file, "utf8");
  const start = text.indexOf("\n## ") + 1;
  if (process.env.UPDATE_GOLDEN) await writeFile(file, text.slice(0, start) + table());
  expect((await readFile(file, "utf8")).slice(start)).toBe(table());
});

test("listRules shows every rule as a table, and filters to a plain array", () => {
  const shown = listRules()[displayKey]();
  expect(shown["text/plain"]).toContain(`${listRules().length} rules of config.check()`);
  expect(shown["text/html"]).toContain("mesh-product");
  expect(listRules().length).toBeGreaterThan(80);
  expect(Array.isArray(listRules().filter(({ area }) => area === "mesh"))).toBe(true);
  expect(new Set(listRules().map(({ id }) => id)).size).toBe(listRules().length);
});
