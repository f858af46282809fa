import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { formatEvent } from "../../src/core/event-log.js";
import { parseEngineLine } from "../../src/formats/engine-log.js";
import { RankLog } from "../../src/run/supervise/observe/rank-log.js";

// To make the expected files anew: npx vitest run --config test/vitest.config.ts --project fast golden --update
const folder = join(import.meta.dirname, "engine-log");
const logs = readdirSync(folder).filter((name) => name.endsWith(".log"));

it.each(logs)("%s: what each line says, and what follows for the run", async (name) => {
  const lines = readFileSync(join(folder, name), "utf8").split("\n");
  const log = new RankLog(0, 1);
  const findings = log.accept(lines, 0);
  const parsed = lines.map((line) => parseEngineLine(line)).filter((line) => line !== undefined);
  const { pids, over, lastStep, totalSteps, error } = log;
  const text = [...parsed, { ...findings, pids: [...pids], over, lastStep, totalSteps, error }]
    .map(formatEvent)
    .join("\n");
  // Time stamps are local time; keep the file the same in every time zone.
  const zone = new Date(2026, 2, 1).getTime() - Date.UTC(2026, 2, 1);
  const neutral = text.replaceAll(
    /"time":(\d+)/g,
    (_, time: string) => `"time":${Number(time) - (Number(time) > 0 ? zone : 0)}`,
  );
  await expect(`${neutral}\n`).toMatchFileSnapshot(join(folder, name.replace(/\.log$/, ".jsonl")));
});
