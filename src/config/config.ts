import { resolve } from "node:path";
import { requireArgument, requirePath } from "../core/arguments.js";
import type { Issue } from "../core/error.js";
import { writeFileAtomic } from "../core/files.js";
import { requireOptions } from "../core/options/option-names.js";
import { displayKey, jupyterHost, type MimeBundle } from "../view/display-contract.js";
import { issueList } from "../view/issue-list.js";
import type { ShownList } from "../view/shown-list.js";
import { withAllFixes, withFix, withSteps } from "./apply-fix.js";
import { type BaseConfig, type BaseFile, readBaseFiles } from "./base-config.js";
import { checkConfig, findingsOf } from "./check.js";
import { type CommandLine, commandLineFor } from "./command/command-line.js";
import { type ConfigDiff, diffSources } from "./diff.js";
import { beginHistory, type ConfigEdit, type History, record, stepBack, stepForward } from "./history.js";
import type { ConfigPath } from "./keys/config-path.js";
import { floatPaths } from "./keys/float-paths.js";
import { settingsOf } from "./merge-settings.js";
import { originOf, type ValueOrigin } from "./origin.js";
import type { CheckFacts } from "./rules/rule.js";
import { type SavingOptions, savingEdits } from "./saving.js";
import type { ScaleTarget } from "./scale/propose.js";
import { type ScaledConfig, scaleConfig } from "./scale/scaled-config.js";
import { readSource, type SourceText, withoutValue, withValue, withValues } from "./text/source-text.js";
import { nodeAt, readValue, type YamlValue } from "./text/values.js";
import { configBundle, editsBundle, makeDiff, noteMeant } from "./view.js";

/** Where a configuration came from. */
export interface ConfigSource {
  readonly kind: "file" | "template" | "text";
  /** Absolute path, the template's name, or "text". */
  readonly name: string;
}

/** What stands for the cell that runs now: its signal; undefined in a plain script. */
const currentCell = (): unknown => jupyterHost()?.signal;

/** One state of a configuration: its text and the edits that led to it. */
interface ConfigState {
  readonly text: SourceText;
  readonly edits: readonly ConfigEdit[];
}

/** Options of a new configuration. */
export interface ConfigOptions {
  /** Number of the document in a text with several, from 0. */
  readonly document?: number | undefined;
  /** Author of the edits, as `origin()` shows it; default "notebook". */
  readonly by?: string | undefined;
  /** The files that `base_config` names; `openConfig` reads them itself. */
  readonly bases?: readonly BaseFile[] | undefined;
}

/** Texts whose tree is known, by the options that a copy is made with: it needs no second reading. */
const knownTexts = new WeakMap<ConfigOptions, SourceText>();

/**
 * A MindFormers configuration whose text is edited in place: every byte that was not edited stays (comments, anchors,
 * order, spacing, number spelling). Paths are MindFormers' own: `"parallel_config.model_parallel"`; items of lists by
 * number: `"callbacks.2.save_checkpoint_steps"`. Values are read and written as PyYAML does it (YAML 1.1): `1e-7` is
 * written `1.0e-7`, text is quoted where PyYAML would read something else. A path below an alias (`*name`) edits the
 * anchored section, so that all its uses change; `diff()` lists them.
 *
 * @example
 * const config = await openConfig("pretrain_deepseek3_1b");
 * config.set("lr_schedule.learning_rate", 1e-4).set("parallel_config.model_parallel", 2);
 * config.diff();
 * await config.save("my-config.yaml");
 */
export class Config {
  readonly source: ConfigSource;
  readonly #options: ConfigOptions;
  readonly #bases: readonly BaseConfig[];
  readonly #original: SourceText;
  #history: History<ConfigState>;
  /** The cell that opened this configuration, and the one that edited it last with the text before. */
  readonly #openedIn = currentCell();
  #editedIn: { readonly cell: unknown; readonly before: SourceText } | undefined;

  /** Made by `openConfig`. */
  constructor(source: ConfigSource, text: string, options: ConfigOptions = {}) {
    this.source = source;
    this.#options = options;
    this.#bases = readBaseFiles(options.bases ?? []);
    this.#original = knownTexts.get(options) ?? readSource(text, source.name, options.document);
    this.#history = beginHistory({ text: this.#original, edits: [] });
  }

  get #current(): SourceText {
    return this.#history.now.text;
  }

  /** The current YAML text. */
  get text(): string {
    return this.#current.text;
  }

  /** The edits that led from the opened text to this one, in order, without undone ones. */
  get edits(): readonly ConfigEdit[] {
    return this.#history.now.edits;
  }

  /**
   * The value at a path as PyYAML reads it, or undefined if nothing is there. Mappings and lists are copies.
   * A misspelled key of MindFormers is noted. Ignores `base_config` and defaults; `origin(path).value` includes them.
   */
  get(path: ConfigPath): unknown {
    const node = nodeAt(this.#current.root, path);
    return node === undefined ? noteMeant(path) : readValue(node);
  }

  /** True if the path exists, also if its value is null. */
  has(path: ConfigPath): boolean {
    return nodeAt(this.#current.root, path) !== undefined;
  }

  /**
   * Sets one value; missing sections are added, list position `length` appends. Lists and objects keep the comments of
   * what stays equal. Throws CONFIG_EDIT_REFUSED for values that YAML can't hold and for ambiguous edits. Returns
   * this object.
   */
  set(path: ConfigPath, value: unknown): this {
    const asFloat = floatPaths([{ path, value }], (at) => this.get(at));
    const text = withValue(this.#current, { path, value, asFloat });
    return this.#record(text, [{ verb: "set", path, by: this.#options.by ?? "notebook" }]);
  }

  /**
   * Sets every value of a nested object: `merge({ runner_config: { epochs: 1 } })`; lists are set as a whole. All or
   * nothing. Returns this object.
   */
  merge(values: Readonly<Record<string, unknown>>): this {
    const settings = settingsOf(values, (path) => this.get(path));
    const asFloat = floatPaths(settings, (at) => this.get(at));
    const edits = settings.map(({ path }) => ({ verb: "merge", path, by: this.#options.by ?? "notebook" }) as const);
    return this.#record(
      withValues(
        this.#current,
        settings.map((setting) => ({ ...setting, asFloat })),
      ),
      edits,
    );
  }

  /**
   * Removes a key or a list item with its line; a section or list that loses its last one becomes `{}` or `[]`.
   * Throws CONFIG_EDIT_REFUSED, with the places, if aliases elsewhere repeat the value. Returns this object.
   */
  unset(path: ConfigPath): this {
    return this.#record(withoutValue(this.#current, path), [
      { verb: "unset", path, by: this.#options.by ?? "notebook" },
    ]);
  }

  /** Undoes the last edit (one call of set, merge, unset, fix, fixAll, or saving). Returns this object. */
  undo(): this {
    this.#history = stepBack(this.#history);
    return this;
  }

  /** Repeats the edit that `undo()` undid last. Returns this object. */
  redo(): this {
    this.#history = stepForward(this.#history);
    return this;
  }

  /** Edits that change no byte are not recorded. */
  #record(text: SourceText, edits: readonly ConfigEdit[]): this {
    const cell = currentCell();
    if (cell !== undefined && this.#editedIn?.cell !== cell) this.#editedIn = { cell, before: this.#current };
    if (text.text !== this.text) this.#history = record(this.#history, { text, edits: [...this.edits, ...edits] });
    return this;
  }

  /** Differences from the opened text, or from another configuration: path, was, now. */
  diff(other?: Config): ConfigDiff {
    requireArgument(other === undefined || other instanceof Config, {
      ...{ call: "config.diff", expected: "a configuration", found: other },
      example: 'config.diff(await openConfig("my-config.yaml"))',
    });
    return makeDiff(diffSources(other === undefined ? this.#original : other.#current, this.#current));
  }

  /**
   * Where the value at a path comes from: file or template with its line, a file that `base_config` includes, an edit,
   * MindFormers' default.
   */
  origin(path: ConfigPath): ValueOrigin {
    const { kind, name } = this.source;
    const title = kind === "template" ? `template ${name}` : kind === "file" ? name : "the text";
    const facts = { title, original: this.#original, current: this.#current, bases: this.#bases, edits: this.edits };
    return originOf(facts, path);
  }

  /**
   * The edits as overrides for `run_mindformer.py --config FILE …`, FILE being what was opened. Throws
   * CONFIG_NOT_ON_COMMAND_LINE with every edit that MindFormers would read differently there (removed keys, new
   * sections, `1.0`, …).
   */
  toCommandLine(): CommandLine {
    return commandLineFor(this.#original, this.#current);
  }

  /**
   * Every finding, errors first: unknown keys, wrong types, settings that contradict each other or the given facts.
   */
  check(facts: CheckFacts = {}): ShownList<Issue> {
    return issueList(checkConfig(this.#current, facts, this.#bases));
  }

  /**
   * Applies the fix of one finding of `check()`: `config.fix(config.check()[0])`. Returns this object; `diff()` shows
   * what it changed. Throws CONFIG_EDIT_REFUSED if the finding has no `fix`: then only you know the right value.
   */
  fix(issue: Issue): this {
    return this.#record(withFix(this.#current, issue), this.#fixEdits([issue]));
  }

  /**
   * Applies the fixes of all errors and warnings (not of advice) and returns the findings that remain; `diff()` shows
   * every change.
   */
  fixAll(facts: CheckFacts = {}): ShownList<Issue> {
    const { text, fixed } = withAllFixes(this.#current, (now) => findingsOf(now, facts, this.#bases));
    this.#record(text, this.#fixEdits(fixed));
    return this.check(facts);
  }

  #fixEdits(issues: readonly Issue[]): ConfigEdit[] {
    const by = this.#options.by ?? "notebook";
    return issues.flatMap(({ fix = [] }) => fix.map(({ path }) => ({ verb: "fix", path, by }) as const));
  }

  /**
   * Sets what the training saves, in MindFormers' own keys: `config.saving({ every: 500, keep: 3 })`. `diff()` shows
   * them. Throws CONFIG_EDIT_REFUSED for what MindFormers can't save. Returns this object.
   */
  saving(options: SavingOptions): this {
    const steps = savingEdits((path) => this.get(path), options);
    const edits = steps.map(({ path }) => ({ verb: "saving", path, by: this.#options.by ?? "notebook" }) as const);
    return this.#record(withSteps(this.#current, steps), edits);
  }

  /** Writes the text (whole file or nothing) and returns the absolute path. */
  async save(path: string): Promise<string> {
    requirePath(path, "config.save, path", 'await config.save("my-config.yaml")');
    const target = resolve(path);
    await writeFileAtomic(target, this.text);
    return target;
  }

  /**
   * All values as PyYAML reads them: aliases and merge keys expanded; integers beyond 2^53 are bigint, dates `Date`.
   */
  toJS(): { [key: string]: YamlValue } {
    const value = readValue(this.#current.root);
    return (value ?? {}) as { [key: string]: YamlValue };
  }

  /**
   * An independent copy; its `diff()` still compares with the text that was opened. `by` names the author of the
   * copy's edits.
   */
  copy(options: { readonly by?: string } = {}): Config {
    requireOptions(options, "config.copy", { names: ["by"], example: 'config.copy({ by: "me" })' });
    const inherited = { ...this.#options, ...options };
    knownTexts.set(inherited, this.#original);
    const copy = new Config(this.source, this.#original.text, inherited);
    copy.#history = beginHistory(this.#history.now);
    return copy;
  }

  /**
   * Proposes model and mesh for other hardware, as large as fits by estimate, and explains each change:
   * `config.scaleTo({ devices: 8, memoryPerDevice: "64GB" })`. Changes nothing: the result has a changed copy
   * (`.config`) and `.apply()`. Throws SCALE_IMPOSSIBLE, MODEL_NOT_COMPUTED, ARGUMENT_INVALID.
   */
  scaleTo(target: ScaleTarget): ScaledConfig<Config> {
    return scaleConfig<Config>(this, target);
  }

  /**
   * A tree of all values. After edits in the cell that shows it, what they changed, unless the same cell opened the
   * configuration.
   */
  [displayKey](): MimeBundle {
    const edited = this.#editedIn;
    if (edited !== undefined && edited.cell === currentCell() && edited.cell !== this.#openedIn)
      return editsBundle(diffSources(edited.before, this.#current), this.check());
    return configBundle({
      source: this.source,
      values: this.toJS(),
      original: this.#original,
      current: this.#current,
      changes: this.diff().changes,
      issues: this.check(),
    });
  }
}
