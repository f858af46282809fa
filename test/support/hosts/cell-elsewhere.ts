import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtFile } from "../../../src/core/package-root.js";
import type { Machines } from "./machines.js";

/** A cell that runs on another machine. */
export interface CellElsewhere {
  readonly child: ChildProcess;
  /** Its next report; throws if the cell has ended. */
  next(): Promise<Record<string, unknown>>;
}

let cells = 0;

/** Runs lines of a cell on a machine. The lines call `report(value)`, and use the library's functions. */
export function cellElsewhere(
  machines: Machines,
  machine: string,
  about: { folder: string; lines: string },
): CellElsewhere {
  const { folder, lines } = about;
  cells += 1;
  const script = join(folder, `cell-${cells}.mjs`);
  const names = "launchRun, openConfig, openRun, planRun";
  const report = "const report = (value) => console.log(JSON.stringify(value));";
  const files = 'import { existsSync } from "node:fs";';
  writeFileSync(script, `${files}\nimport { ${names} } from "${builtFile("src/index.js")}";\n${report}\n${lines}\n`);
  const words = [...machines.enter(machine), process.execPath, script];
  const child = spawn(words[0] as string, words.slice(1), { stdio: ["ignore", "pipe", "inherit"], cwd: folder });
  const reports: Record<string, unknown>[] = [];
  let rest = "";
  child.stdout.on("data", (portion) => {
    const parts = (rest + portion).split("\n");
    rest = parts.pop() ?? "";
    reports.push(...parts.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line)));
    child.emit("report");
  });
  const ended = () => {
    throw new Error(`the cell on the other machine ended with ${child.exitCode}`);
  };
  return {
    child,
    async next() {
      while (reports.length === 0) await Promise.race([once(child, "report"), once(child, "exit").then(ended)]);
      return reports.shift() as Record<string, unknown>;
    },
  };
}
