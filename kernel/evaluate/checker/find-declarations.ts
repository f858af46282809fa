import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { Declarations } from "./libraries.js";

/** Where the kernel's own TypeScript and Node types are installed. */
export function findDeclarations(): Declarations {
  const require = createRequire(import.meta.url);
  return {
    libraries: dirname(require.resolve("typescript")),
    typeRoot: dirname(dirname(require.resolve("@types/node/package.json"))),
  };
}
