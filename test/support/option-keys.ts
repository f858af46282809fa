import { join } from "node:path";
import typescript from "typescript";
import { packageRoot } from "../../src/core/package-root.js";

/** Classes whose methods the table of public calls has, with the names of their objects there. */
const objects: Readonly<Record<string, string>> = {
  Config: "config",
  Plan: "plan",
  Dataset: "data",
  MindRecord: "mindRecord",
  DataOrder: "order",
  Checkpoint: "checkpoint",
  Checkpoints: "checkpoints",
  TensorView: "tensor",
  Conversion: "conversion",
  Run: "run",
  Comparison: "compareRuns(…)",
};

/** Keys of the option objects of a call, by the position of the argument. */
export type OptionKeys = ReadonlyMap<number, readonly string[]>;

/** Keys of the options that the declarations name: of every public function, and of the methods of `objects`. */
export function declaredOptions(): ReadonlyMap<string, OptionKeys> {
  const declarations = join(packageRoot(), "dist/src/index.d.ts");
  const program = typescript.createProgram([declarations], { module: typescript.ModuleKind.NodeNext, strict: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(declarations);
  const exported = source && checker.getSymbolAtLocation(source);
  if (exported === undefined) throw new Error(`${declarations} is missing: npm run build`);
  const found = new Map<string, OptionKeys>();
  for (const alias of checker.getExportsOfModule(exported)) {
    const isAlias = (alias.flags & typescript.SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? checker.getAliasedSymbol(alias) : alias;
    const object = objects[symbol.name];
    if (object === undefined) found.set(symbol.name, keysOfCall(checker, checker.getTypeOfSymbol(symbol)));
    else
      for (const method of checker.getDeclaredTypeOfSymbol(symbol).getProperties())
        found.set(`${object}.${method.name}`, keysOfCall(checker, checker.getTypeOfSymbol(method)));
  }
  return found;
}

function keysOfCall(checker: typescript.TypeChecker, call: typescript.Type): OptionKeys {
  const keys = new Map<number, readonly string[]>();
  for (const signature of call.getCallSignatures())
    for (const [at, parameter] of signature.parameters.entries()) {
      const found = keysOf(checker, checker.getTypeOfSymbol(parameter));
      if (found.length > 0) keys.set(at, [...new Set([...(keys.get(at) ?? []), ...found])]);
    }
  return keys;
}

/** Keys of the plain objects among the alternatives of a type: no lists, functions, or objects of classes. */
function keysOf(checker: typescript.TypeChecker, type: typescript.Type): string[] {
  const plain = (type.isUnion() ? type.types : [type]).filter(
    (one) =>
      ((one.flags & typescript.TypeFlags.Object) !== 0 || one.isIntersection()) &&
      !checker.isArrayType(one) &&
      one.getCallSignatures().length === 0 &&
      ((one.symbol?.flags ?? 0) & typescript.SymbolFlags.Class) === 0 &&
      checker.getPropertyOfType(one, "toLowerCase") === undefined,
  );
  return plain.flatMap((one) => one.getProperties().map(({ name }) => name)).filter((name) => /^[a-z]/i.test(name));
}
