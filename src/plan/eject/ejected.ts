import { chmod } from "node:fs/promises";
import { join, resolve } from "node:path";
import { requirePath, requireText } from "../../core/arguments.js";
import { writeFileAtomic } from "../../core/files.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { filesBundle } from "../../view/files.js";

/** One file of an ejected plan. */
export interface EjectedFile {
  /** Relative path with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly executable: boolean;
}

/**
 * Files that carry out a plan without this project; `plan.eject(…)` makes them. Shown as their texts.
 *
 * @example
 * const plan = await planRun(await openConfig("pretrain_deepseek3_1b"), {
 *   cluster: { device: "Ascend", nodes: ["10.0.0.1"], devicesPerNode: 8 },
 * });
 * const scripts = plan.eject("slurm", { name: "wiki", folder: "/shared/wiki" });
 * await scripts.save("ejected");
 */
export class Ejected {
  readonly title: string;
  /** What to know before you use the files. */
  readonly notes: readonly string[];
  readonly files: readonly EjectedFile[];

  /** @internal Use plan.eject. */
  constructor(title: string, files: readonly EjectedFile[], notes: readonly string[]) {
    this.title = title;
    this.files = files;
    this.notes = notes;
  }

  /** Text of one file. */
  text(path: string): string | undefined {
    requireText(path, "ejected.text, path", `ejected.text(${JSON.stringify(this.files[0]?.path)})`);
    return this.files.find((file) => file.path === path)?.text;
  }

  /**
   * Writes all files (each whole or not at all) into a folder, creates it if missing, and returns its absolute path.
   */
  async save(folder: string): Promise<string> {
    requirePath(folder, "ejected.save, folder", 'await plan.eject("slurm").save("ejected")');
    const target = resolve(folder);
    for (const { path, text, executable } of this.files) {
      const file = join(target, path);
      await writeFileAtomic(file, text);
      if (executable) await chmod(file, 0o755);
    }
    return target;
  }

  [displayKey](): MimeBundle {
    return filesBundle(this.title, this.files, this.notes);
  }
}
