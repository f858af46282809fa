/** A file that a training depends on, as it was at the launch. */
export interface FileIdentity {
  readonly path: string;
  readonly bytes: number;
  /** Time of the last change, milliseconds since the epoch. */
  readonly modified: number;
  /** SHA-256 of the bytes, hexadecimal; absent for a file that is too large and has no manifest. */
  readonly sha256?: string;
  /**
   * Where the hash comes from: the bytes themselves, or the dataset's manifest. Without a hash, size and time are
   * compared.
   */
  readonly by: "bytes" | "manifest" | "size-and-time";
}

/** The inputs that define a training, besides the commands. */
export interface RunIdentity {
  /** SHA-256 of the configuration's bytes. */
  readonly config: string;
  readonly data: readonly FileIdentity[];
  /** The call that makes each dataset of `prepareData`, by its prefix; absent in runs of earlier versions. */
  readonly prepared?: Readonly<Record<string, string>>;
  /** SHA-256 of the tokenizer that the data were made with, and of the configuration's tokenizer files, by path. */
  readonly tokenizer: Readonly<Record<string, string>>;
  /** Versions of what runs: the engine layer's hash, MindSpore, MindFormers. */
  readonly code: Readonly<Record<string, string>>;
}

function fileChange(before: FileIdentity, now: FileIdentity | undefined): string | undefined {
  if (!now) return `${before.path}: is missing`;
  if (before.bytes !== now.bytes) return `${before.path}: ${before.bytes} bytes became ${now.bytes}`;
  if (before.sha256 !== undefined && now.sha256 !== undefined) {
    if (before.sha256 === now.sha256) return undefined;
    const hashes = `SHA-256 ${before.sha256.slice(0, 12)} became ${now.sha256.slice(0, 12)}`;
    return `${before.path}: other bytes (${hashes}, by ${now.by})`;
  }
  if (before.modified === now.modified) return undefined;
  const time = (ms: number) => new Date(ms).toISOString();
  const times = `changed at ${time(now.modified)}, before at ${time(before.modified)}`;
  return `${before.path}: ${times} (too large to hash: time counts)`;
}

function valueChanges(what: string, before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>) {
  return Object.entries(before).flatMap(([key, value]) =>
    now[key] === value ? [] : [`${what} ${key}: ${value.slice(0, 12)} became ${(now[key] ?? "nothing").slice(0, 12)}`],
  );
}

/**
 * What differs between the training as it was launched and as it would run now, one line each; empty if nothing does.
 * Pure.
 */
export function identityChanges(before: RunIdentity, now: Omit<RunIdentity, "config">): string[] {
  const found = new Map(now.data.map((file) => [file.path, file]));
  const files = before.data.map((file) => fileChange(file, found.get(file.path)));
  return [
    ...files.filter((change) => change !== undefined),
    ...valueChanges("tokenizer", before.tokenizer, now.tokenizer),
    ...valueChanges("code", before.code, now.code),
  ];
}

/**
 * What restores a dataset that was made again with other options since the launch; undefined if none was. Pure.
 */
export function restoringLine(before: RunIdentity, now: Omit<RunIdentity, "config">): string | undefined {
  const found = new Map(now.data.map((file) => [file.path, file]));
  const changed = before.data.filter((file) => fileChange(file, found.get(file.path)) !== undefined);
  const prefix = Object.keys({ ...before.prepared, ...now.prepared }).find((one) =>
    changed.some(({ path }) => path.startsWith(`${one}.`)),
  );
  if (prefix === undefined) return undefined;
  const call = before.prepared?.[prefix];
  return call === undefined ? "make the data again with the options that the run had" : `await ${call}`;
}
