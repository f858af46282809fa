import { expect, test } from "vitest";
import { bundleBytes, maximumBundleBytes } from "../../../src/view/budget.js";
import { tableBundle } from "../../../src/view/table.js";
import { displayWidth } from "../../../src/view/text.js";

const columns = [{ key: "name" }, { key: "elements", label: "Elements" }];

test("a table in plain text has aligned columns, numbers to the right with thousands separators", () => {
  const rows = [
    { name: "embedding", elements: 64000 },
    { name: "norm", elements: 64 },
  ];
  expect(tableBundle({ title: "Tensors", columns, rows })["text/plain"]).toBe(
    ["Tensors", "name       Elements", "─────────  ────────", "embedding    64,000", "norm             64"].join("\n"),
  );
});

test("wide characters count as two columns, so that columns stay aligned", () => {
  const rows = [
    { name: "模型训练", elements: 1 },
    { name: "ab", elements: 2 },
  ];
  const lines = String(tableBundle({ columns, rows })["text/plain"]).split("\n");
  expect(new Set(lines.map(displayWidth)).size).toBe(1);
});

test("a long table shows its first 30 and last 5 rows and says how many are hidden and how to get them", () => {
  const rows = Array.from({ length: 1000 }, (_, i) => ({ name: `row ${i}`, elements: i }));
  const bundle = tableBundle({ columns, rows, more: "table.rows" });
  const text = String(bundle["text/plain"]);
  expect(text).toContain("row 29 ");
  expect(text).not.toContain("row 30 ");
  expect(text).toContain("⋮ 965 of 1,000 rows hidden");
  expect(text).toContain("row 995");
  expect(text).toContain("All rows: table.rows");
  expect(bundle["text/html"]).toContain("965 of 1,000 rows hidden");
});

test("35 rows are shown in full rather than hiding none of them", () => {
  const rows = Array.from({ length: 35 }, (_, i) => ({ name: `row ${i}`, elements: i }));
  expect(tableBundle({ columns, rows })["text/plain"]).not.toContain("hidden");
});

test("values can't bring markup into the HTML nor control characters into the terminal", () => {
  const evil = `<script>alert("x")</script>\u001b[31m\u2028'&`;
  const bundle = tableBundle({ title: evil, columns: [{ key: "a", label: evil }], rows: [{ a: evil }], note: evil });
  expect(bundle["text/html"]).not.toContain("<script");
  expect(bundle["text/html"]).toContain("&lt;script&gt;alert(&quot;x&quot;)");
  expect(JSON.stringify(bundle)).not.toContain("\\u001b");
});

test("a table of huge cells and many columns still fits into 64 KB", () => {
  const many = Array.from({ length: 60 }, (_, i) => ({ key: `k${i}` }));
  const rows = Array.from({ length: 500 }, () => Object.fromEntries(many.map(({ key }) => [key, "漢<".repeat(5000)])));
  const bundle = tableBundle({ title: "t".repeat(100_000), columns: many, rows, note: "n".repeat(100_000) });
  expect(bundleBytes(bundle)).toBeLessThanOrEqual(maximumBundleBytes);
  expect(bundle["text/plain"]).toContain("of 60 columns hidden");
});

test("missing values, booleans, fractions and non-finite numbers are readable", () => {
  const row = (v: string | number | boolean | null) => ({ v });
  const rows = [null, true, false, 0.1 + 0.2, 1e-7, 1.5e20, Number.NaN, -Infinity, -0.5, "a\nb"].map(row);
  const lines = String(tableBundle({ columns: [{ key: "v" }], rows })["text/plain"])
    .split("\n")
    .slice(2);
  expect(lines).toEqual(["–", "yes", "no", "0.3", "1e-7", "1.5e20", "NaN", "-∞", "-0.5", "a↵b"]);
});

test("a table without rows says so", () => {
  expect(tableBundle({ columns, rows: [] })["text/plain"]).toContain("(no rows)");
});

test("a sentence in a cell is cut at its end, a path in the middle", () => {
  const text = "nothing accepts ssh there (ssh: connect to host 192.0.2.1 port 22: Connection refused), and so on";
  const path = `/${"folder/".repeat(20)}name.safetensors`;
  const plain = String(
    tableBundle({ columns: [{ key: "a" }, { key: "b" }], rows: [{ a: text, b: path }] })["text/plain"],
  );
  expect(plain).toMatch(/nothing accepts ssh there \(ssh: connect to host 192\.0\.2\.1 port 22: Connection… /);
  expect(plain).toMatch(/…\S*name\.safetensors/);
});
