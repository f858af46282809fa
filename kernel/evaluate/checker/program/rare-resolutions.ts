import type ts from "typescript";
import type { TypeScript } from "../../guards.js";

type Host = ts.LanguageServiceHost & ts.ModuleResolutionHost;

/** `resolveLibrary` is not in the compiler's declarations. */
interface Answers extends Pick<Required<ts.LanguageServiceHost>, "resolveTypeReferenceDirectiveReferences"> {
  resolveLibrary(name: string, from: string, options: ts.CompilerOptions): ts.ResolvedModuleWithFailedLookupLocations;
}

/**
 * Finds what `/// <reference types>` names, and the packages that replace libraries of the language, as the compiler
 * does itself. It asks only when a cell's imports change, but makes caches for a host without answers at every cell,
 * 2 % of a trivial one.
 */
export function rareResolutions(compiler: TypeScript, host: Host): Answers {
  const { ModuleResolutionKind } = compiler;
  return {
    resolveTypeReferenceDirectiveReferences(references, from, ...[redirected, options, file]) {
      const cache = compiler.createTypeReferenceDirectiveResolutionCache(host.getCurrentDirectory(), (path) => path);
      return references.map((one) => {
        const name = typeof one === "string" ? one : one.fileName;
        const mode = compiler.getModeForFileReference(one, file?.impliedNodeFormat);
        return compiler.resolveTypeReferenceDirective(name, from, options, host, redirected, cache, mode);
      });
    },
    resolveLibrary: (name, from, { traceResolution }) => {
      const options = { moduleResolution: ModuleResolutionKind.Node10, ...(traceResolution && { traceResolution }) };
      return compiler.resolveModuleName(name, from, options, host);
    },
  };
}
