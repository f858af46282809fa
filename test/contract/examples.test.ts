import { join } from "node:path";
import typescript from "typescript";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { publicNames } from "./public-surface.js";
import { sourcesIn } from "./sources.js";

interface Example {
  readonly path: string;
  readonly text: string;
}

/** The blocks behind `@example` in the doc comments of a file. */
function examplesOf({ path, text }: { readonly path: string; readonly text: string }): Example[] {
  const comments = text.match(/\/\*\*[\s\S]*?\*\//g) ?? [];
  return comments.flatMap((comment) => {
    const lines = comment.split("\n").map((line) => line.replace(/^\s*(\/\*\*|\*\/|\*)? ?/, "").replace(/\*\/$/, ""));
    const at = lines.findIndex((line) => /(^|\s)@example\b/.test(line));
    if (at < 0) return [];
    const rest = [(lines[at] ?? "").replace(/.*@example/, ""), ...lines.slice(at + 1)];
    const end = rest.findIndex((line) => line.startsWith("@"));
    return [{ path, text: rest.slice(0, end < 0 ? undefined : end).join("\n") }];
  });
}

/** What TypeScript says about examples, each a module of its own with every public name in reach. */
function problemsOf(examples: readonly Example[]): string[] {
  const root = packageRoot();
  const entry = JSON.stringify(join(root, "dist", "src", "index.js"));
  const names = (text: string) => publicNames.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  const files = new Map(
    examples.map(({ path, text }, index) => [
      join(root, "test", `example-${index}.ts`),
      { path, text: `import { ${names(text).join(", ")} } from ${entry};\n${text}\nexport {};\n` },
    ]),
  );
  const options: typescript.CompilerOptions = {
    module: typescript.ModuleKind.NodeNext,
    target: typescript.ScriptTarget.ES2023,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ["node"],
  };
  const host = typescript.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const own = (name: string) => files.get(name)?.text;
  host.getSourceFile = (name, target, ...more) => {
    const text = own(name);
    return text === undefined
      ? getSourceFile.call(host, name, target, ...more)
      : typescript.createSourceFile(name, text, target);
  };
  host.fileExists = (name) => files.has(name) || fileExists.call(host, name);
  host.readFile = (name) => own(name) ?? readFile.call(host, name);
  const program = typescript.createProgram([...files.keys()], options, host);
  return typescript.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const place = file && files.get(file.fileName)?.path;
    return `${place ?? file?.fileName}: ${typescript.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}

it("the examples in doc comments compile against the public surface", () => {
  const examples = sourcesIn("src").flatMap(examplesOf);
  expect(examples.length).toBeGreaterThanOrEqual(90);
  expect(problemsOf(examples)).toEqual([]);
});

/** Functions and classes that a user can import or is given, without an example in their doc comment. */
function withoutExample(): string[] {
  const root = packageRoot();
  const entry = join(root, "src", "index.ts");
  const { NodeNext } = typescript.ModuleKind;
  const program = typescript.createProgram([entry], { module: NodeNext, noLib: true, types: [] });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(entry);
  const symbol = file && checker.getSymbolAtLocation(file);
  const { Alias, Class, Function: Callable } = typescript.SymbolFlags;
  return (symbol ? checker.getExportsOfModule(symbol) : []).flatMap((name) => {
    const target = name.flags & Alias ? checker.getAliasedSymbol(name) : name;
    if (!(target.flags & (Class | Callable))) return [];
    return target.getJsDocTags(checker).some((tag) => tag.name === "example") ? [] : [name.name];
  });
}

it("every public function and every public class has an example", () => {
  expect(withoutExample()).toEqual([]);
});

it("an example with a wrong option is found, with its file", () => {
  const wrong = "/**\n * @example\n * await openRun(1);\n */";
  expect(problemsOf(examplesOf({ path: "src/a.ts", text: wrong }))).toEqual([
    expect.stringMatching(/^src\/a\.ts: .*string/),
  ]);
}, 300_000);
