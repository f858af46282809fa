import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/core/package-root.js";

const place = join(packageRoot(), ".setup", "hf");

/** Python with torch and transformers, in an environment of its own; installed when first asked for (3 GB, PyPI). */
export function transformersPython(): string {
  const python = join(place, "bin", "python");
  const ready = join(place, "lib");
  const install = (command: string, args: readonly string[]) => execFileSync(command, args, { stdio: "ignore" });
  if (!existsSync(ready)) install("python3", ["-m", "venv", place]);
  const has = (name: string) => {
    try {
      install(python, ["-c", `import ${name}`]);
      return true;
    } catch {
      return false;
    }
  };
  if (!has("transformers, torch")) install(python, ["-m", "pip", "install", "torch", "transformers"]);
  return python;
}

/** What `transformers` found amiss with the names of a folder. */
export interface LoadingReport {
  readonly missing_keys: readonly string[];
  readonly unexpected_keys: readonly string[];
  readonly mismatched_keys: readonly string[];
}

/** Writes the logits of a Hugging Face folder for rows of token ids (a JSON file) as `.npy`. */
export function transformersLogits(model: string, ids: string, output: string): LoadingReport {
  const script = join(packageRoot(), "test", "campaign", "checkpoint", "transformers_logits.py");
  const told = execFileSync(transformersPython(), [script, model, ids, output], {
    encoding: "utf8",
    stdio: "pipe",
  });
  return JSON.parse(told) as LoadingReport;
}
