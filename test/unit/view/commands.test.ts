import { expect, test } from "vitest";
import { bundleBytes, maximumBundleBytes } from "../../../src/view/budget.js";
import { commandsBundle } from "../../../src/view/commands.js";
import { tableBundle } from "../../../src/view/table.js";

test("a command in a proportional face has a fixed-width one, a copy button, and no markup of its own", () => {
  const bundle = commandsBundle("Commands", [{ place: "node-0", command: "msrun --log '<x>' & wait" }]);
  const html = String(bundle["text/html"]);
  expect(html).toMatch(/<pre style="[^"]*monospace[^"]*">msrun --log &#39;&lt;x&gt;&#39; &amp; wait<\/pre>/);
  expect(html).toMatch(/<button type="button"[^>]*onclick="[^"]*clipboard[^"]*">copy<\/button>/);
  expect(bundle["text/plain"]).toBe("Commands\n  node-0:\n    msrun --log '<x>' & wait");
});

test("hundreds of long commands stay within 64 KB and say how many are hidden", () => {
  const commands = Array.from({ length: 500 }, (_, i) => ({ place: `node-${i}`, command: "x".repeat(9000) }));
  const bundle = commandsBundle("Commands", commands);
  expect(bundleBytes(bundle)).toBeLessThanOrEqual(maximumBundleBytes);
  expect(bundle["text/plain"]).toMatch(/⋮ \d+ of 500 commands hidden/);
});

test("a column of sentences that was squeezed to a word per line has room, and names keep their lines", () => {
  const rows = [
    { name: "dp 16 · tp 4", why: "needs the least memory of all layouts that send nothing between two nodes" },
  ];
  const html = String(tableBundle({ columns: [{ key: "name" }, { key: "why" }], rows })["text/html"]);
  expect(html).toMatch(/white-space:nowrap">dp 16/);
  expect(html).toMatch(/min-width:36ch">needs/);
});
