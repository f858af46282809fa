import { requireList } from "../core/arguments.js";
import { readSource, type SourceText } from "./text/source-text.js";
import { isSection, nodeAt, readValue, splitPath, type YamlValue } from "./text/values.js";

/** A file that `base_config` names, as it was read from the disk. */
export interface BaseFile {
  /** Absolute path. */
  readonly path: string;
  /** Its YAML text; undefined if it can't be read. */
  readonly text: string | undefined;
  /** Why it can't be read. */
  readonly problem?: string | undefined;
  /** The files that this one includes. */
  readonly bases: readonly BaseFile[];
}

/**
 * An included file with its tree. MindFormers reads it first and puts the file's own values over it, section by
 * section; of several bases the later one replaces whole top-level sections of the earlier ones
 * (`MindFormerConfig._file2dict`).
 */
export interface BaseConfig {
  readonly path: string;
  readonly source: SourceText | undefined;
  readonly problem?: string | undefined;
  readonly bases: readonly BaseConfig[];
}

/** Reads the YAML of included files; what PyYAML would refuse becomes their `problem`. */
export function readBaseFiles(files: readonly BaseFile[]): readonly BaseConfig[] {
  requireList(files, "openConfig, bases", 'await openConfig("my-config.yaml")');
  return files.map(({ path, text, problem, bases }) => {
    const below = readBaseFiles(bases);
    if (text === undefined) return { path, source: undefined, problem, bases: below };
    try {
      return { path, source: readSource(text, path), bases: below };
    } catch (error) {
      return { path, source: undefined, problem: (error as Error).message, bases: below };
    }
  });
}

/** The base that decides about a path, its own bases included, or undefined. */
export function baseWith(bases: readonly BaseConfig[], path: string): SourceText | undefined {
  const top = splitPath(path)[0] ?? "";
  for (const { source, bases: deeper } of [...bases].reverse()) {
    const holdsTop = source !== undefined && nodeAt(source.root, top) !== undefined;
    if (holdsTop && nodeAt(source.root, path) !== undefined) return source;
    const below = baseWith(deeper, path);
    if (below !== undefined || holdsTop) return below;
  }
  return undefined;
}

function overlay(base: YamlValue | undefined, own: YamlValue | undefined): YamlValue | undefined {
  if (own === undefined) return base;
  if (!isSection(base) || !isSection(own)) return own;
  const merged: Record<string, YamlValue> = { ...(base as Record<string, YamlValue>) };
  for (const [key, value] of Object.entries(own as Record<string, YamlValue>))
    merged[key] = overlay(merged[key], value) as YamlValue;
  return merged;
}

function baseValue(bases: readonly BaseConfig[], path: string): YamlValue | undefined {
  const top = splitPath(path)[0] ?? "";
  for (const base of [...bases].reverse()) {
    const node = base.source && nodeAt(base.source.root, path);
    const own = node && readValue(node);
    const below = baseValue(base.bases, path);
    if (own !== undefined || below !== undefined) return overlay(below, own);
    if (base.source !== undefined && nodeAt(base.source.root, top) !== undefined) return undefined;
  }
  return undefined;
}

/**
 * What MindFormers reads at a path: the text's own value over that of its bases; without the defaults of MindFormers.
 */
export function readMerged(source: SourceText, bases: readonly BaseConfig[], path: string): YamlValue | undefined {
  const node = nodeAt(source.root, path);
  const own = node && readValue(node);
  return bases.length === 0 ? own : overlay(baseValue(bases, path), own);
}

/** Every base that can't be read, with the reason. */
export function unreadableBases(bases: readonly BaseConfig[]): readonly BaseConfig[] {
  return bases.flatMap((base) => [...(base.problem === undefined ? [] : [base]), ...unreadableBases(base.bases)]);
}
