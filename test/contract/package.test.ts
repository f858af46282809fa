import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import typescript from "typescript";
import { beforeAll, expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";

const root = packageRoot();
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const declarations = join(root, manifest.types);
let program: typescript.Program;
let checker: typescript.TypeChecker;

beforeAll(() => {
  program = typescript.createProgram([declarations], {
    module: typescript.ModuleKind.NodeNext,
    strict: true,
    skipLibCheck: false,
    types: ["node"],
  });
  checker = program.getTypeChecker();
}, 120_000);

function publicSymbols(): typescript.Symbol[] {
  const source = program.getSourceFile(declarations);
  if (!source) throw new Error(`${declarations} is missing: npm run build`);
  const moduleSymbol = checker.getSymbolAtLocation(source);
  return moduleSymbol ? checker.getExportsOfModule(moduleSymbol).map((symbol) => resolveAlias(symbol)) : [];
}

function resolveAlias(symbol: typescript.Symbol): typescript.Symbol {
  return symbol.flags & typescript.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function isOurs(symbol: typescript.Symbol): boolean {
  return symbol.declarations?.some((node) => node.getSourceFile().fileName.startsWith(join(root, "dist"))) ?? false;
}

const isPrivate = (node: typescript.Node) =>
  typescript.canHaveModifiers(node) &&
  typescript.getModifiers(node)?.some((modifier) => modifier.kind === typescript.SyntaxKind.PrivateKeyword);

/** Names of types that the declarations of a symbol mention. */
function mentionedTypes(symbol: typescript.Symbol): typescript.Symbol[] {
  const found: typescript.Symbol[] = [];
  const visit = (node: typescript.Node) => {
    if (isPrivate(node)) return;
    if (typescript.isTypeReferenceNode(node) || typescript.isExpressionWithTypeArguments(node)) {
      const name = typescript.isTypeReferenceNode(node) ? node.typeName : node.expression;
      const mentioned = checker.getSymbolAtLocation(name);
      if (mentioned) found.push(resolveAlias(mentioned));
    }
    typescript.forEachChild(node, visit);
  };
  for (const declaration of symbol.declarations ?? []) visit(declaration);
  return found.filter((candidate) => isOurs(candidate) && !(candidate.flags & typescript.SymbolFlags.TypeParameter));
}

it("there is one entry point with main and types, and no subpath exports (the fallback engine resolves the old way)", () => {
  expect(manifest.exports).toBeUndefined();
  expect(existsSync(join(root, manifest.main))).toBe(true);
  expect(existsSync(declarations)).toBe(true);
  expect(existsSync(join(root, manifest.bin["mindformers-lab"]))).toBe(true);
});

it("every type that a public signature mentions can be named in a cell", () => {
  const exported = new Set(publicSymbols());
  const missing = [...exported].filter(isOurs).flatMap((symbol) =>
    mentionedTypes(symbol)
      .filter((type) => !exported.has(type))
      .map((type) => `${symbol.name} mentions ${type.name}`),
  );
  expect([...new Set(missing)]).toEqual([]);
});

it("the declarations compile by themselves", () => {
  const ours = program.getSourceFiles().filter((file) => file.fileName.startsWith(join(root, "dist")));
  const problems = ours.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ]);
  expect(problems.map((problem) => typescript.flattenDiagnosticMessageText(problem.messageText, "\n"))).toEqual([]);
});

it("the package pins exactly what it reaches into", () => {
  for (const [name, version] of Object.entries(manifest.dependencies)) expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
});
