import { exportSection, functionBody, importSection, section, typeSection, unsigned } from "./module-bytes.js";
import { operations, valueTypes } from "./operations.js";
import { type Expression, parseExpressions } from "./read-expressions.js";

/**
 * Assembles a kernel from WebAssembly's own text format: one exported function that works on an imported memory. Takes
 * the folded form of the operations in `operations.ts`; `block`, `loop`, `if`, and the branches take labels.
 *
 * @throws SyntaxError for an unknown operation or name.
 */
export function assembleKernel(text: string): Uint8Array<ArrayBuffer> {
  const [head, ...others] = parseExpressions(text);
  if (head === undefined || others.length > 0 || head[0] !== "func") throw new SyntaxError("expected one (func …)");
  const scope = new Scope();
  const parameters: number[] = [];
  const locals: number[] = [];
  const code: number[] = [];
  for (const part of head.slice(1) as Expression[]) {
    const [kind, name, type] = part as [string, string, string];
    if (kind === "param" || kind === "local") {
      scope.locals.set(name, scope.locals.size);
      (kind === "param" ? parameters : locals).push(valueType(type));
    } else code.push(...emit(part, scope));
  }
  const magic = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  return Uint8Array.from([
    ...magic,
    ...typeSection(parameters),
    ...importSection("kernel", "memory"),
    ...section(3, [1, 0]),
    ...exportSection("run"),
    ...section(10, [1, ...functionBody(locals, code)]),
  ]);
}

class Scope {
  readonly locals = new Map<string, number>();
  /** Labels from the outermost to the innermost. */
  readonly labels: string[] = [];

  local(name: unknown): number[] {
    const index = this.locals.get(String(name));
    if (index === undefined) throw new SyntaxError(`no local ${name}`);
    return unsigned(index);
  }

  label(name: unknown): number[] {
    const index = this.labels.lastIndexOf(String(name));
    if (index < 0) throw new SyntaxError(`no label ${name}`);
    return unsigned(this.labels.length - 1 - index);
  }
}

function emit(expression: Expression, scope: Scope): number[] {
  const [name, ...rest] = expression as [string, ...(string | Expression)[]];
  if (name === "block" || name === "loop") return emitBlock(name, rest, scope);
  if (name === "if") return emitIf(rest as Expression[], scope);
  const operation = operations[name];
  if (operation === undefined) throw new SyntaxError(`no operation ${name}`);
  const words = rest.filter((part): part is string => typeof part === "string");
  const operands = rest.filter((part): part is Expression => typeof part !== "string");
  return [
    ...operands.flatMap((operand) => emit(operand, scope)),
    ...operation.code,
    ...immediates(operation.takes, words, scope),
  ];
}

function immediates(takes: (typeof operations)[string]["takes"], words: readonly string[], scope: Scope): number[] {
  switch (takes) {
    case "local":
      return scope.local(words[0]);
    case "label":
      return scope.label(words[0]);
    case "whole":
      return signed(Number(words[0]));
    case "lane":
      return [Number(words[0])];
    case "memory":
      // Alignment is only a hint; 0 means none.
      return [0, ...unsigned(Number(words[0]?.replace("offset=", "") ?? 0))];
    case "vector":
      return [...new Uint8Array(Int32Array.from(words.slice(1), Number).buffer)];
    case "lanes":
      return words.map(Number);
    default:
      return [];
  }
}

function emitBlock(kind: "block" | "loop", rest: readonly (string | Expression)[], scope: Scope): number[] {
  const [label, ...body] = rest as [string, ...Expression[]];
  scope.labels.push(label);
  const code = [kind === "block" ? 0x02 : 0x03, 0x40, ...body.flatMap((part) => emit(part, scope)), 0x0b];
  scope.labels.pop();
  return code;
}

/** `(if condition (then …))` */
function emitIf([condition, then]: readonly Expression[], scope: Scope): number[] {
  if (condition === undefined || then?.[0] !== "then") throw new SyntaxError("expected (if condition (then …))");
  const head = emit(condition, scope);
  scope.labels.push("");
  const body = (then.slice(1) as Expression[]).flatMap((part) => emit(part, scope));
  scope.labels.pop();
  return [...head, 0x04, 0x40, ...body, 0x0b];
}

function valueType(name: string): number {
  const type = valueTypes[name];
  if (type === undefined) throw new SyntaxError(`no type ${name}`);
  return type;
}

/** LEB128 with sign. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; ) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(byte & 0x40)) || (rest === -1 && byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}
