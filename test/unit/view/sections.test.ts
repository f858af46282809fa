import { expect, test } from "vitest";
import type { Issue } from "../../../src/core/error.js";
import { bundleBytes, maximumBundleBytes } from "../../../src/view/budget.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { issueList } from "../../../src/view/issue-list.js";
import { factsBundle, issuesBundle, joinBundles } from "../../../src/view/sections.js";

const issue = (severity: Issue["severity"], path: string): Issue => ({
  severity,
  rule: "mesh-product",
  path,
  message: "2 × 3 = 6 ranks, found 8",
  hint: 'config.set("parallel_config.model_parallel", 2)',
});

test("facts stand below each other with aligned values; further lines of a value are indented", () => {
  const text = factsBundle("Run wiki", [
    ["state", "running"],
    ["command", "msrun \\\n  --worker_num=2"],
  ])["text/plain"];
  expect(text).toBe("Run wiki\n  state    running\n  command  msrun \\\n             --worker_num=2");
});

test("findings are counted in the title, errors first, each with path, message and hint", () => {
  const bundle = issuesBundle([issue("warning", "b"), { ...issue("error", "a"), line: 12 }, issue("warning", "c")]);
  const text = String(bundle["text/plain"]);
  expect(text.split("\n")[0]).toBe("1 error, 2 warnings");
  expect(text.indexOf("✗ error  a (line 12)")).toBeLessThan(text.indexOf("! warning  b"));
  expect(text).toContain("2 × 3 = 6 ranks, found 8");
  expect(bundle["text/html"]).toContain("→ config.set(&quot;parallel_config.model_parallel&quot;, 2)");
});

test("no findings is a sentence, not an empty output", () => {
  expect(issuesBundle([])["text/plain"]).toBe("✓ no findings");
});

test("joined bundles keep their order in text and HTML; a figure takes part with its picture", () => {
  const figure = { "text/plain": "loss ▇▁", "image/svg+xml": "<svg></svg>" };
  const joined = joinBundles([factsBundle("A", []), figure]);
  expect(joined["text/plain"]).toBe("A\n\nloss ▇▁");
  expect(joined["text/html"]).toMatch(/A.*<svg><\/svg>/s);
});

test("facts, findings and joined bundles stay within 64 KB and say what is hidden", () => {
  const long = "<漢>".repeat(20_000);
  const facts = factsBundle(
    long,
    Array.from({ length: 900 }, () => [long, long] as const),
  );
  const issues = issuesBundle(
    Array.from({ length: 900 }, () => ({ ...issue("error", long), message: long, hint: long })),
  );
  const joined = joinBundles(Array.from({ length: 20 }, () => issues));
  for (const bundle of [facts, issues, joined]) {
    expect(bundleBytes(bundle)).toBeLessThanOrEqual(maximumBundleBytes);
    expect(bundle["text/plain"]).toMatch(/hidden/);
    expect(bundle["text/html"]).toMatch(/hidden/);
  }
});

test("a list of findings is an array that shows itself", () => {
  const list = issueList([issue("error", "a")]);
  expect(list).toHaveLength(1);
  expect(list[displayKey]()).toEqual(issuesBundle(list));
  expect(Object.getPrototypeOf(list.filter(() => true))).toBe(Array.prototype);
});
