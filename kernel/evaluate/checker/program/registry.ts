import type ts from "typescript";
import type { TypeScript } from "../../guards.js";
import { preludeName } from "../../prelude.js";

/**
 * Keeps parsed files. The documentation in the declarations of the language and of Node isn't parsed with them (it is
 * the greater part of their syntax trees), but when somebody asks for it; see `documentation.ts`.
 */
export function createRegistry(compiler: TypeScript): ts.DocumentRegistry {
  const files = compiler.createDocumentRegistry(true);
  const libraries = compiler.createDocumentRegistry(true, undefined, compiler.JSDocParsingMode.ParseNone);
  type Arguments = Parameters<typeof files.acquireDocumentWithKey>;
  const routed = (given: Arguments): [registry: ts.DocumentRegistry, given: Arguments] => {
    if (!isLibrary(given[0])) return [files, given];
    const [name, path, settings, key, snapshot, version, kind, options] = given;
    const adapted =
      typeof options === "object" ? { ...options, jsDocParsingMode: compiler.JSDocParsingMode.ParseNone } : options;
    return [libraries, [name, path, settings, key, snapshot, version, kind, adapted]];
  };
  return {
    ...files,
    // The options of a tsconfig.json do not change how a file is parsed, so parsed files are kept.
    getKeyForCompilationSettings: ({ paths, pathsBasePath, baseUrl, types, jsx, jsxImportSource, ...settings }) =>
      files.getKeyForCompilationSettings(settings),
    acquireDocumentWithKey(...all) {
      const [registry, given] = routed(all);
      return registry.acquireDocumentWithKey(...given);
    },
    updateDocumentWithKey(...all) {
      const [registry, given] = routed(all);
      return registry.updateDocumentWithKey(...given);
    },
    releaseDocumentWithKey(path: ts.Path, ...rest: [key: ts.DocumentRegistryBucketKey, kind: ts.ScriptKind]) {
      (isLibrary(path) ? libraries : files).releaseDocumentWithKey(path, ...rest);
    },
  };
}

/** Declarations of the language or of Node. */
export function isLibrary(path: string): boolean {
  const place = /\/node_modules\/(?:typescript\/lib|@types(?:-of-node-\d+)?\/node)\//;
  return place.test(path) && !path.endsWith(preludeName);
}
