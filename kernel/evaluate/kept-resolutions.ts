import { isBuiltin } from "node:module";
import type ts from "typescript";

export type Resolved = ts.ResolvedModuleWithFailedLookupLocations;
export type Resolve = (name: string, from: string) => Resolved;
/** What imports were found to be, by importing file and name. */
export type Resolutions = Map<string, Resolved>;

/**
 * Keeps what installed declaration files import, because a program whose imports change asks for all of it again (0.1 s
 * per cell); forgets what cells and other files of the user's import, so that an import works as soon as its package
 * has been installed.
 * `keptFor`: where to keep what a file imports.
 */
export function keepResolutions(resolve: Resolve, keptFor: (from: string) => Resolutions): Resolve {
  return (name, from) => {
    if (isDeclaredByNode(name, from)) return { resolvedModule: undefined } as Resolved;
    if (!from.includes("/node_modules/")) return resolve(name, from);
    const kept = keptFor(from);
    const key = `${from}\n${name}`;
    const resolved = kept.get(key) ?? resolve(name, from);
    kept.set(key, resolved);
    return resolved;
  };
}

/**
 * Node's own modules are declared in @types/node, and no file is to be found. Its own files import each other some 600
 * times; looking each of them up in every folder took a fifth of the start.
 */
function isDeclaredByNode(name: string, from: string): boolean {
  return name.startsWith("node:") || (from.includes("/@types/node/") && isBuiltin(name));
}
