/** What scaling reads and writes of a configuration; `Config` has it. */
export interface ConfigEdits {
  get(path: string): unknown;
  has(path: string): boolean;
  set(path: string, value: unknown): unknown;
  merge(values: Readonly<Record<string, unknown>>): unknown;
}

/** A configuration that scaling can copy. */
export interface Scalable<C> extends ConfigEdits {
  copy(options?: { readonly by?: string }): C;
}
