import { createPackageFolders } from "../package-folders.js";
import { type CellFiles, createCellFiles } from "./cell-files.js";
import { cellRequire } from "./executor.js";
import { type CellModules, createCellModules, type ModuleMeta, type Require } from "./resolve.js";

/** The folder that cells import from: the one that the process is in. */
export interface CellPlace {
  readonly files: CellFiles;
  /** Loads ahead what has to be awaited. */
  prepare(specifiers: readonly string[]): Promise<void>;
  /** Follows the process to its present folder (`process.chdir`); calls `onMove` if that is another one. */
  follow(): void;
  /** What cells reach through the guard object. */
  readonly guards: Readonly<Record<string, unknown>>;
}

interface Opened {
  readonly folder: string;
  readonly modules: CellModules;
  readonly require: Require;
}

export function createCellPlace(
  { workingDirectory, packages }: { readonly workingDirectory: string; readonly packages: readonly string[] },
  onMove: (folder: string) => void,
): CellPlace {
  const files = createCellFiles();
  const open = (folder: string): Opened => {
    const modules = createCellModules(createPackageFolders({ workingDirectory: folder, packages }));
    return { folder, modules, require: cellRequire(folder, { modules, files }) };
  };
  let here = open(workingDirectory);
  return {
    files,
    async prepare(specifiers) {
      const { modules, require } = here;
      await modules.prepare(specifiers.filter((one) => !files.hasAlias(one)));
      for (const specifier of specifiers) await require.prepare?.(specifier);
    },
    follow() {
      const folder = currentFolder() ?? here.folder;
      if (folder === here.folder) return;
      here = open(folder);
      onMove(folder);
    },
    guards: {
      load: (require: Require, specifier: string) => here.modules.load(require, specifier),
      wrap: (require: Require) => here.modules.wrap(require),
      metaOf: (path: string) => here.modules.metaOf(path),
      get meta(): ModuleMeta {
        return here.modules.meta;
      },
      get require(): Require {
        return here.require;
      },
    },
  };
}

/** Undefined if the folder is gone. */
function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
