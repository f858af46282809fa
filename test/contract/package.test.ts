import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import typescript from "typescript";
import { beforeAll, expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { publicNames } from "./public-surface.js";

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

function exportedNames(): typescript.Symbol[] {
  const source = program.getSourceFile(declarations);
  if (!source) throw new Error(`${declarations} is missing: npm run build`);
  const moduleSymbol = checker.getSymbolAtLocation(source);
  return moduleSymbol ? checker.getExportsOfModule(moduleSymbol) : [];
}

const publicSymbols = (): typescript.Symbol[] => exportedNames().map((symbol) => resolveAlias(symbol));

/** Whether a name can be used as a value: types, and classes that are exported as types, can't. */
function isValue(symbol: typescript.Symbol): boolean {
  const typeOnly = symbol.declarations?.some(
    (node) => typescript.isExportSpecifier(node) && (node.isTypeOnly || node.parent.parent.isTypeOnly),
  );
  return typeOnly !== true && (resolveAlias(symbol).flags & typescript.SymbolFlags.Value) !== 0;
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

it("there is one entry point and no subpath exports, because the fallback engine resolves the old way", () => {
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

it("a user can type the names in public-surface.ts and no others: each addition is a decision", () => {
  const names = exportedNames()
    .filter((symbol) => isValue(symbol))
    .map(({ name }) => name);
  expect(names.sort(), "add or remove the name in test/contract/public-surface.ts").toEqual([...publicNames].sort());
});

it("the package exports no type that no public signature mentions", () => {
  const names = exportedNames();
  const mentioned = new Set(
    names.flatMap((name) => {
      const own = resolveAlias(name);
      return mentionedTypes(own).filter((type) => type !== own);
    }),
  );
  const idle = names.filter(
    (name) => !isValue(name) && isOurs(resolveAlias(name)) && !mentioned.has(resolveAlias(name)),
  );
  const wayOut = "remove the type from src/index.ts, or export a function whose signature mentions it";
  expect(
    idle.map(({ name }) => name),
    wayOut,
  ).toEqual([]);
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
  for (const [name, version] of Object.entries(manifest.dependencies))
    expect(version, name).toMatch(/^(?:npm:@types\/node@)?\d+\.\d+\.\d+$/);
});
