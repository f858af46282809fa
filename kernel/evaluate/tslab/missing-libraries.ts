const numberArrays = ["Int8", "Uint8", "Uint8Clamped", "Int16", "Uint16", "Int32", "Uint32", "Float32", "Float64"];

/**
 * What Node 20 has but the libraries of TypeScript 5.0 lack: ECMAScript 2023's copying array methods, well-formed
 * strings, the folder in `import.meta`.
 */
export const missingLibraries = `
interface ReadonlyArray<T> {
  toReversed(): T[];
  toSorted(compare?: (a: T, b: T) => number): T[];
  toSpliced(start: number, deleteCount?: number, ...items: T[]): T[];
  with(index: number, value: T): T[];
}
interface Array<T> {
  toReversed(): T[];
  toSorted(compare?: (a: T, b: T) => number): T[];
  toSpliced(start: number, deleteCount?: number, ...items: T[]): T[];
  with(index: number, value: T): T[];
}
${numberArrays.map((kind) => typedArray(`${kind}Array`, "number")).join("\n")}
${["BigInt64Array", "BigUint64Array"].map((name) => typedArray(name, "bigint")).join("\n")}
interface ImportMeta {
  url: string;
  dirname: string;
  filename: string;
}
interface String {
  isWellFormed(): boolean;
  toWellFormed(): string;
}
`;

function typedArray(name: string, element: "number" | "bigint"): string {
  return `interface ${name} {
  toReversed(): ${name};
  toSorted(compare?: (a: ${element}, b: ${element}) => number): ${name};
  with(index: number, value: ${element}): ${name};
}`;
}
