import { existsSync } from "node:fs";
import { join } from "node:path";
import typescript from "typescript";
import { describe, expect, it } from "vitest";
import { createBundles } from "../../../../kernel/evaluate/checker/program/bundles.js";
import { checkOptions, findDeclarations, librariesFor } from "../../../../kernel/evaluate/checker/program/libraries.js";

// Iterator helpers were unknown on Node 22 and later: TypeScript 6 had renamed their library.

const common = "const m = new Map([[1, 'a']]); m.get(Object.keys({ a: 1 }).length); fs.readFileSync('x');";
const node22 =
  "[1].values().map((n) => n * 2).toArray(); new Set([1]).union(new Set([2])); Array.fromAsync([1]); fs.globSync('*');";
const node24 = "Promise.try(() => 1); RegExp.escape('.'); new Float16Array(2); Error.isError(1); new URLPattern({});";
const node26 = "Temporal.Now.instant(); new Map<string, number>().getOrInsert('a', 1); new Uint8Array(2).toHex();";

/** Messages of the type checker about a text on a Node. */
function findings(major: number, code: string): string[] {
  const { libraries, typeRoot } = findDeclarations(major);
  const node = join(typeRoot, "node", "index.d.ts");
  const bundles = createBundles({ libraries: librariesFor(major).map((name) => join(libraries, name)), node });
  const options = { ...checkOptions(typescript, [typeRoot], major), noEmit: true };
  const host = typescript.createCompilerHost(options);
  const text = `import * as fs from "node:fs"; ${code}`;
  const { readFile } = host;
  host.readFile = (path) => (path === "/cell.ts" ? text : (bundles.textOf(path) ?? readFile(path)));
  host.fileExists = (path) => path === "/cell.ts" || existsSync(path);
  host.getSourceFile = (path, version) => {
    const read = host.readFile(path);
    return read === undefined ? undefined : typescript.createSourceFile(path, read, version);
  };
  const program = typescript.createProgram(["/cell.ts", node], options, host);
  return typescript
    .getPreEmitDiagnostics(program, program.getSourceFile("/cell.ts"))
    .map(({ messageText }) => typescript.flattenDiagnosticMessageText(messageText, " "));
}

describe.each([20, 22, 24, 26])("on Node %i", (major) => {
  it("every library of the language is one of the compiler's", () => {
    const { libraries } = findDeclarations(major);
    expect(librariesFor(major).filter((name) => !existsSync(join(libraries, name)))).toEqual([]);
  });

  it.each([
    [20, common],
    [22, node22],
    [24, node24],
    [26, node26],
  ])("what Node has from %i on has types from then on", (from, code) => {
    if (from <= major) expect(findings(major, code)).toEqual([]);
    else expect(findings(major, code)).not.toEqual([]);
  });
});
