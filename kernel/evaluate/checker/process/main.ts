import { createRequire } from "node:module";
import type { TypeScript } from "../../guards.js";
import { findDeclarations } from "../program/libraries.js";
import { checkerOptions, createChecker } from "./checker.js";
import { serve } from "./serve.js";

// The type checker without a snapshot. `require`, as `import` would first look through nine megabytes for names.
const compiler = createRequire(import.meta.url)("typescript") as TypeScript;
serve(createChecker(checkerOptions(compiler, findDeclarations())));
