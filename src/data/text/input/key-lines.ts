/** `jsonKeys: ["a"] or jsonKeys: ["b"]`: lines to type for keys or columns that hold text. */
export function keyLines(keys: readonly string[]): string {
  return keys.map((key) => `jsonKeys: [${JSON.stringify(key)}]`).join(" or ");
}
