import { readFile } from "node:fs/promises";
import { LabError } from "../../core/error.js";
import { runPaths } from "./layout.js";

/** Text of the configuration that a run was started with. @throws RUN_FOLDER_UNREADABLE if its folder has none. */
export async function readRunConfig(name: string, folder: string): Promise<string> {
  const path = runPaths(folder).config;
  return await readFile(path, "utf8").catch((cause: unknown) => {
    const message = `run ${name}: expected its configuration ${path}, found no readable file`;
    throw new LabError("RUN_FOLDER_UNREADABLE", message, {
      hint: "copy config.yaml back into the folder of the run",
      details: { name, path },
      cause,
    });
  });
}
