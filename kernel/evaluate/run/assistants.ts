import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Assistant } from "../../../src/view/display-contract.js";
import { log } from "../../core/log.js";
import { importIn } from "./resolve.js";

/** How long an assistant may take, in ms: somebody is typing. */
const patience = 1500;

/** Gives the assistant of the package that a file belongs to; see the display contract. */
export function createAssistants(): (file: string) => Promise<Assistant | undefined> {
  const byFolder = new Map<string, Promise<Assistant | undefined>>();
  const assistantFor = (folder: string): Promise<Assistant | undefined> => {
    const known = byFolder.get(folder);
    if (known !== undefined) return known;
    const found = findAssistant(folder, assistantFor);
    byFolder.set(folder, found);
    return found;
  };
  return async (file) => (file === "" ? undefined : assistantFor(dirname(file)));
}

async function findAssistant(
  folder: string,
  above: (folder: string) => Promise<Assistant | undefined>,
): Promise<Assistant | undefined> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
  if (text === undefined) return folder === dirname(folder) ? undefined : above(dirname(folder));
  const named = (JSON.parse(text) as { jupyter?: { assistant?: unknown } }).jupyter?.assistant;
  if (typeof named !== "string") return undefined;
  const path = join(folder, named);
  try {
    const module = await importIn(pathToFileURL(path).href, join(folder, "cell.mjs"));
    return (module as { assistant?: Assistant }).assistant;
  } catch (error) {
    log(`assistant ${path}: ${String(error)}`);
    return undefined;
  }
}

/** What an assistant answers; undefined if it fails or takes too long. */
export async function patiently<T>(ask: () => T | Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patience);
  });
  try {
    return await Promise.race([ask(), late]);
  } catch (error) {
    log(`assistant: ${String(error)}`);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
