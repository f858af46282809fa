// Writes reports/campaign.md from vitest's JSON: a table with the time of each test and a bar for it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const reports = join(import.meta.dirname, "..", "reports");
const { testResults } = JSON.parse(readFileSync(join(reports, "campaign.json"), "utf8"));
const rows = testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map(({ title, status, duration = 0 }) => ({
    file: name.split("/campaign/").at(-1),
    title,
    status,
    seconds: duration / 1000,
  })),
);
const longest = Math.max(1, ...rows.map(({ seconds }) => seconds));
const lines = rows.map(({ file, title, status, seconds }) => {
  const bar = "█".repeat(Math.ceil((20 * seconds) / longest));
  return `| ${file} | ${title.replaceAll("|", "\\|")} | ${status} | ${seconds.toFixed(0)} s | ${bar} |`;
});
const passed = rows.filter(({ status }) => status === "passed").length;
const text = [
  "# Campaign",
  "",
  `${passed} of ${rows.length} tests passed, ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC.`,
  "",
  "| file | test | result | time | |",
  "|---|---|---|---:|---|",
  ...lines,
  "",
].join("\n");
writeFileSync(join(reports, "campaign.md"), text);
console.log(text);
