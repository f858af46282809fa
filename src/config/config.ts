import { resolve } from "node:path";
import type { Issue } from "../core/error.js";
import { writeFileAtomic } from "../core/files.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { IssueList } from "../view/issue-list.js";
import { withAllFixes, withFix } from "./apply-fix.js";
import { checkConfig } from "./check.js";
import { type ConfigDiff, diffSources } from "./diff.js";
import { keyInfo } from "./keys/catalogue.js";
import type { CheckFacts } from "./rules/rule.js";
import type { ScaleTarget } from "./scale/propose.js";
import { type ScaledConfig, scaleConfig } from "./scale/scaled-config.js";
import { readSource, type SourceText, withValue } from "./source-text.js";
import { configBundle, makeDiff } from "./view.js";
import { isSection, nodeAt, readValue, type YamlValue } from "./yaml-values.js";

/** Where a configuration came from. */
export interface ConfigSource {
  readonly kind: "file" | "template" | "text";
  /** Absolute path, the template's name, or "text". */
  readonly name: string;
}

/**
 * A MindFormers configuration whose text is edited in place: every byte that was not edited stays (comments, anchors, order, spacing, number spelling).
 * Paths are MindFormers' own: `"parallel_config.model_parallel"`; items of lists by number: `"callbacks.2.save_checkpoint_steps"`.
 * Values are read and written as PyYAML does it (YAML 1.1): `1e-7` is written `1.0e-7`, text is quoted where PyYAML would read something else.
 * A path below an alias (`*name`) edits the anchored section, so that all its uses change; `diff()` lists them.
 */
export class Config {
  readonly source: ConfigSource;
  readonly #original: SourceText;
  #current: SourceText;

  /** Made by `openConfig`. `original` is what `diff()` compares with; default: the text itself. */
  constructor(source: ConfigSource, text: string, original = text) {
    this.source = source;
    this.#current = readSource(text, source.name);
    this.#original = original === text ? this.#current : readSource(original, source.name);
  }

  /** The YAML text as it stands now. */
  get text(): string {
    return this.#current.text;
  }

  /** The value at a path as PyYAML reads it, or undefined if nothing is there. Mappings and lists are copies. */
  get(path: string): unknown {
    const node = nodeAt(this.#current.root, path);
    return node === undefined ? undefined : readValue(node);
  }

  /** True if the path exists, also if its value is null. */
  has(path: string): boolean {
    return nodeAt(this.#current.root, path) !== undefined;
  }

  /**
   * Sets one value; missing sections are added, list position `length` appends. Lists and objects keep the comments of what stays equal.
   * Throws CONFIG_EDIT_REFUSED for what YAML can't hold or where it is open what is meant. Returns this object.
   */
  set(path: string, value: unknown): this {
    const asFloat = keyInfo(path, (at) => this.get(at))?.types[0] === "float";
    this.#current = withValue(this.#current, { path, value, asFloat });
    return this;
  }

  /** Sets every value of a nested object: `merge({ runner_config: { epochs: 1 } })`; lists are set as a whole. All or nothing. Returns this object. */
  merge(values: Readonly<Record<string, unknown>>): this {
    const before = this.#current;
    try {
      this.#mergeAt("", values);
    } catch (error) {
      this.#current = before;
      throw error;
    }
    return this;
  }

  #mergeAt(prefix: string, values: Readonly<Record<string, unknown>>): void {
    for (const [key, value] of Object.entries(values)) {
      const path = prefix + key;
      if (isSection(value) && isSection(this.get(path))) this.#mergeAt(`${path}.`, value);
      else this.set(path, value);
    }
  }

  /** What differs from the text that was opened (or from another configuration): path, was, now. */
  diff(other?: Config): ConfigDiff {
    return makeDiff(diffSources(other === undefined ? this.#original : other.#current, this.#current));
  }

  /** Every finding, errors first: unknown keys, wrong types, settings that contradict each other (or the facts, if some are given). */
  check(facts: CheckFacts = {}): IssueList {
    return IssueList.from(checkConfig(this.#current, facts)) as IssueList;
  }

  /**
   * Applies the cure of one finding of `check()`: `config.fix(config.check()[0])`. Returns this object; `diff()` shows what it changed.
   * Throws CONFIG_EDIT_REFUSED if the finding has no `fix`, because only you can know what was meant.
   */
  fix(issue: Issue): this {
    this.#current = withFix(this.#current, issue);
    return this;
  }

  /** Applies the cures of all errors and warnings (not of advice) and returns what is left to do; `diff()` shows every change. */
  fixAll(facts: CheckFacts = {}): IssueList {
    this.#current = withAllFixes(this.#current, facts);
    return this.check(facts);
  }

  /** Writes the text (whole file or nothing) and returns the absolute path. */
  async save(path: string): Promise<string> {
    const target = resolve(path);
    await writeFileAtomic(target, this.text);
    return target;
  }

  /** All values as PyYAML reads them: aliases and merge keys expanded; integers beyond 2^53 are bigint, dates `Date`. */
  toJS(): { [key: string]: YamlValue } {
    const value = readValue(this.#current.root);
    return (value ?? {}) as { [key: string]: YamlValue };
  }

  /** An independent copy; its `diff()` still compares with the text that was opened. */
  copy(): Config {
    return new Config(this.source, this.text, this.#original.text);
  }

  /**
   * Proposes model and mesh for other hardware, as large as fits by estimate, and explains each change: `config.scaleTo({ devices: 8, memoryPerDevice: "64GB" })`.
   * Changes nothing: the result has a changed copy (`.config`) and `.apply()`. Throws SCALE_IMPOSSIBLE, MODEL_NOT_COMPUTED, ARGUMENT_INVALID.
   */
  scaleTo(target: ScaleTarget): ScaledConfig {
    return scaleConfig(this, target);
  }

  [displayKey](): MimeBundle {
    return configBundle(this);
  }
}
