import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { enginePython } from "../../core/engine-python.js";
import { packageRoot } from "../../core/package-root.js";
import { fileSha256 } from "../../data/files/file-record.js";
import { preparingCall } from "../../data/files/manifest.js";
import { readManifest } from "../../data/files/read-manifests.js";
import type { FileIdentity, RunIdentity } from "../record/identity.js";
import type { LaunchablePlan } from "./launchable.js";

/** Bytes of data that are hashed at a launch; beyond them the dataset's manifest counts, else size and time. */
const hashedBytes = 1024 ** 3;

const sha256 = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");

/** Prefixes, and folders or files, of the training data, as the configuration names them. */
function dataPaths(config: LaunchablePlan["config"]): { readonly prefixes: string[]; readonly folders: string[] } {
  const loader = "train_dataset.data_loader";
  const listed = [config.get(`${loader}.config.data_path`), config.get(`${loader}.config.train_data_path`)].flat();
  const words = listed.filter((value): value is string => typeof value === "string" && Number.isNaN(Number(value)));
  const folder = config.get(`${loader}.dataset_dir`);
  const files = [config.get(`${loader}.dataset_files`)].flat();
  const folders = [folder, ...files].filter((value): value is string => typeof value === "string" && value !== "");
  return { prefixes: words.map((word) => word.trim()), folders };
}

async function filesOf(folder: string): Promise<string[]> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isFile()) return [folder];
  const names = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return names
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(folder, name))
    .sort();
}

/** Describes files; the bytes of those that are as `known` says are not read again. */
class Describer {
  readonly #known: ReadonlyMap<string, FileIdentity>;
  #budget = hashedBytes;

  constructor(known: readonly FileIdentity[] = []) {
    this.#known = new Map(known.map((file) => [file.path, file]));
  }

  async describe(
    path: string,
    manifest?: { readonly bytes: number; readonly sha256: string },
  ): Promise<FileIdentity[]> {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) return [];
    const about = { path, bytes: found.size, modified: found.mtimeMs };
    const known = this.#known.get(path);
    if (known && known.bytes === about.bytes && known.modified === about.modified) return [known];
    if (found.size <= this.#budget) {
      this.#budget -= found.size;
      return [{ ...about, sha256: await fileSha256(path), by: "bytes" }];
    }
    if (manifest?.bytes === found.size) return [{ ...about, sha256: manifest.sha256, by: "manifest" }];
    return [{ ...about, by: "size-and-time" }];
  }
}

async function tokenizersOf(config: LaunchablePlan["config"]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const key of ["tokenizer_file", "vocab_file", "merges_file"]) {
    const path = config.get(`processor.tokenizer.${key}`);
    if (typeof path !== "string" || !(await stat(path).catch(() => undefined))?.isFile()) continue;
    found[path] = await fileSha256(path);
  }
  return found;
}

/** Hash of the engine layer's files, and the versions of MindSpore and MindFormers beside the plan's Python. */
async function codeOf(): Promise<Record<string, string>> {
  const engine = join(packageRoot(), "extensions", "engine");
  const names = (await readdir(engine, { recursive: true })).filter((name) => name.endsWith(".py")).sort();
  const hash = createHash("sha256");
  for (const name of names) hash.update(name).update(await readFile(join(engine, name)));
  const library = join(dirname(dirname(enginePython(process.env))), "lib");
  const versions: Record<string, string> = {};
  for (const python of await readdir(library).catch((): string[] => []))
    for (const name of await readdir(join(library, python, "site-packages")).catch((): string[] => [])) {
      const match = /^(mindspore|mindformers)-(.+)\.dist-info$/.exec(basename(name));
      if (match) versions[match[1] as string] = match[2] as string;
    }
  return { "engine layer": hash.digest("hex"), ...versions };
}

/** Finds what a training depends on. `known`: what was found before; unchanged files are not read again. */
export async function identify(config: LaunchablePlan["config"], known?: RunIdentity): Promise<RunIdentity> {
  const describer = new Describer(known?.data);
  const { prefixes, folders } = dataPaths(config);
  const data: FileIdentity[] = [];
  const tokenizer = await tokenizersOf(config);
  const prepared: Record<string, string> = {};
  for (const prefix of prefixes) {
    const manifest = await readManifest(prefix).catch(() => undefined);
    for (const kind of ["bin", "idx"])
      data.push(...(await describer.describe(`${prefix}.${kind}`, manifest?.files[kind])));
    if (manifest === undefined) continue;
    tokenizer[manifest.tokenizer.path] = manifest.tokenizer.sha256;
    prepared[prefix] = preparingCall(prefix, manifest);
  }
  for (const folder of folders)
    for (const path of await filesOf(folder)) data.push(...(await describer.describe(path)));
  return { config: sha256(config.text), data, prepared, tokenizer, code: await codeOf() };
}

/** Hash of a configuration's bytes, as `RunIdentity.config` has it. */
export function configHash(text: string | Buffer): string {
  return sha256(text);
}
