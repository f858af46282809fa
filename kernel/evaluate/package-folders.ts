import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";

/** Where cells find packages that the user's own folders don't have. */
export interface PackageFolders {
  readonly workingDirectory: string;
  /** Names of those packages that the user's own folders don't have. */
  names(): string[];
  /**
   * Folder of package `name` among the kernel's `packages`; undefined if they lack it or the user's own folders have
   * it.
   */
  fallback(name: string): string | undefined;
  /** Real path behind `<working directory>/node_modules/<name>/…`; every other path as it is. */
  real(path: string): string;
}

/**
 * `name` or `@scope/name` of a bare import such as `name/part`; undefined for relative and absolute paths and Node's
 * own modules.
 */
export function packageName(specifier: string): string | undefined {
  if (isBuiltin(specifier)) return undefined;
  return /^(?:@[^/\\:]+\/)?[^@./\\:][^/\\:]*/.exec(specifier)?.[0];
}

export function createPackageFolders(options: {
  readonly workingDirectory: string;
  /** Each a package (has a package.json) or a folder of packages. */
  readonly packages: readonly string[];
}): PackageFolders {
  const { workingDirectory } = options;
  const prefix = `${workingDirectory.replaceAll("\\", "/").replace(/\/$/, "")}/node_modules/`;
  const entries = options.packages.map((folder) => ({ folder, name: nameInManifest(folder) }));

  const own = (name: string): boolean => {
    for (let folder = workingDirectory; ; folder = dirname(folder)) {
      if (existsSync(join(folder, "node_modules", name))) return true;
      if (folder === dirname(folder)) return false;
    }
  };
  const among = (name: string): string | undefined => {
    for (const entry of entries) {
      if (entry.name === name) return entry.folder;
      if (entry.name === undefined && existsSync(join(entry.folder, name))) return join(entry.folder, name);
    }
    return undefined;
  };
  const fallback = (name: string): string | undefined => {
    const folder = among(name);
    return folder === undefined || own(name) ? undefined : folder;
  };
  return {
    workingDirectory,
    fallback,
    names: () => entries.flatMap(({ name }) => (name === undefined || own(name) ? [] : [name])),
    real(path) {
      if (!path.startsWith(prefix)) return path;
      const inside = path.slice(prefix.length);
      const name = packageName(inside);
      const folder = name === undefined ? undefined : fallback(name);
      return folder === undefined || name === undefined ? path : folder + inside.slice(name.length);
    },
  };
}

function nameInManifest(folder: string): string | undefined {
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) return undefined;
  return (JSON.parse(readFileSync(manifest, "utf8")) as { name?: string }).name;
}
