import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { reasonOf } from "../../core/error.js";
import { privateFolder } from "../../core/folders.js";
import { outputLimits } from "./budget.js";

/** Text of one cell that was too much at a time to be shown. */
export interface OverflowFile {
  add(text: string): void;
  /** A line about what was added since the last call, or "" if nothing was. */
  notice(): string;
}

/** Keeps the text in a file of the system's temporary folder that only the user can read; `label` makes its name. */
export function createOverflowFile(label: string): OverflowFile {
  const folder = privateFolder();
  const path = folder === undefined ? undefined : join(folder, `output-${process.pid}-${label}.txt`);
  let trouble = path === undefined ? "not saved: no temporary folder" : undefined;
  let written = 0;
  let lines = 0;
  let length = 0;
  return {
    add(text) {
      length += text.length;
      lines += text.split("\n").length - 1;
      if (path === undefined || trouble !== undefined) return;
      written += Buffer.byteLength(text);
      if (written > outputLimits.file) trouble = `the first ${outputLimits.file / 1024 ** 2} MB are saved in ${path}`;
      else trouble = append(path, text);
    },
    notice() {
      if (length === 0) return "";
      const amount = `${lines.toLocaleString("en-US")} lines, ${(length / 1024 ** 2).toFixed(1)} MB`;
      lines = 0;
      length = 0;
      return `[not shown: ${amount}; ${trouble ?? `saved in ${path}`}]\n`;
    },
  };
}

function append(path: string, text: string): string | undefined {
  try {
    appendFileSync(path, text, { mode: 0o600 });
    return undefined;
  } catch (error) {
    return `not saved: ${path} can't be written (${reasonOf(error)})`;
  }
}
