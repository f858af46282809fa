import { expect, test } from "vitest";
import { bundleBytes, maximumBundleBytes } from "../../../src/view/budget.js";
import { markOf, type TreeNode, treeBundle } from "../../../src/view/tree.js";

function html(nodes: readonly TreeNode[]): string {
  return String(treeBundle({ title: "t", nodes, plain: "p" })["text/html"]);
}

test("values stand in lines that line up, sections fold, and text in them is never markup", () => {
  const shown = html([
    { label: "a", value: "<b>1</b>", side: "line 1", note: "first & only", tip: 'int "x"' },
    { label: "long", value: "2" },
    { label: "s", digest: "x 1", children: [{ label: "x", value: "1" }] },
  ]);
  expect(shown).toContain('<span title="int &quot;x&quot;">a   </span>');
  expect(shown).toContain("&lt;b&gt;1&lt;/b&gt;");
  expect(shown).toContain("first &amp; only");
  expect(shown).toMatch(/<details style="[^"]*"><summary[^>]*><b>s<\/b> <span[^>]*>x 1<\/span><\/summary>/);
  expect(shown).not.toMatch(/<script|on\w+=/);
});

test("a section is open if something in it is changed, wrong or doubtful, and shows the strongest mark", () => {
  const section = (mark: TreeNode["mark"]): TreeNode => ({
    label: "s",
    children: [{ label: "inner", children: [{ label: "x", value: "1", mark, remarks: mark ? ["why → how"] : [] }] }],
  });
  expect(html([section(undefined)])).not.toContain("<details open");
  expect(html([section("advice")])).not.toContain("<details open");
  for (const mark of ["changed", "warning", "error"] as const) {
    expect(html([section(mark)]).match(/<details open/g)).toHaveLength(2);
    expect(html([section(mark)])).toContain("why → how");
  }
  const both: TreeNode = { label: "s", mark: "changed", children: [{ label: "x", mark: "error" }] };
  expect(markOf(both)).toBe("error");
});

test("a huge tree stays within the budget, and says how many lines are hidden", () => {
  const children = Array.from({ length: 5000 }, (_, i) => ({
    label: `key_${i}`,
    value: "v".repeat(300),
    note: "n".repeat(80),
  }));
  const bundle = treeBundle({ title: "t", nodes: [{ label: "s", children }], plain: "p".repeat(100_000) });
  expect(bundleBytes(bundle)).toBeLessThanOrEqual(maximumBundleBytes);
  expect(bundle["text/html"]).toMatch(/⋮ \d+ of 5001 lines hidden/);
});
