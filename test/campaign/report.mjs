// Writes reports/campaign.md from vitest's JSON and from the rows that the faults left in reports/faults.jsonl:
// a table with the time of each test, a table of the faults, and a figure of the time until each was found
// (reports/faults.svg).
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackedBars } from "../../dist/src/view/charts/kinds/stacked-bars.js";
import { displayKey } from "../../dist/src/view/display-contract.js";

const reports = join(import.meta.dirname, "..", "reports");

function testTable() {
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
  const time = new Date().toISOString().slice(0, 16).replace("T", " ");
  const head = [`${passed} of ${rows.length} tests passed, ${time} UTC.`, ""];
  return [...head, "| file | test | result | time | |", "|---|---|---|---:|---|", ...lines, ""];
}

/** The newest row of each fault. */
function faultRows() {
  const path = join(reports, "faults.jsonl");
  if (!existsSync(path)) return [];
  const rows = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return [...new Map(rows.map((row) => [`${row.where}: ${row.fault}`, row])).values()];
}

function faultTable(rows) {
  const lines = rows.map(({ fault, where, found, detectSeconds, decided, losses }, index) => {
    const after = detectSeconds === undefined ? "—" : `${detectSeconds.toFixed(1)} s`;
    return `| ${[index + 1, fault, where, found || "—", after, decided || "—", losses].join(" | ")} |`;
  });
  const head = ["| | fault | where | found as | found after | decided | losses |", "|--:|---|---|---|--:|---|---|"];
  return ["## Faults", "", ...head, ...lines, "", "![Time until each fault was found](faults.svg)", ""];
}

async function faultFigure(rows) {
  const figure = stackedBars({
    title: "Time until each fault was found",
    x: { label: "fault (its number in the table)" },
    y: { label: "seconds" },
    bars: rows.map(({ fault, detectSeconds = 0 }, index) => ({
      label: String(index + 1),
      values: [detectSeconds],
      hover: fault,
    })),
    parts: [{ label: "until it was found", color: "#4269d0" }],
    limit: { value: 30, label: "30 s" },
    notes: [],
    text: `${rows.length} faults`,
  });
  const bundle = await figure[displayKey]();
  writeFileSync(join(reports, "faults.svg"), bundle["image/svg+xml"]);
}

const rows = faultRows();
if (rows.length > 0) await faultFigure(rows);
const text = ["# Campaign", "", ...testTable(), ...(rows.length > 0 ? faultTable(rows) : [])].join("\n");
writeFileSync(join(reports, "campaign.md"), text);
console.log(text);
