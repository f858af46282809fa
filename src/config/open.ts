import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isWhole, requireArgument } from "../core/arguments.js";
import { ConfigError } from "../core/error.js";
import { requireOptions, suggestName } from "../core/options/option-names.js";
import { packageRoot } from "../core/package-root.js";
import type { ShownList } from "../view/shown-list.js";
import type { BaseFile } from "./base-config.js";
import { Config, type ConfigOptions } from "./config.js";
import { allTemplates } from "./templates/list.js";

const sizeLimit = 16 * 1024 * 1024;

function templateFolder(): string {
  return join(packageRoot(), "src", "config", "templates");
}

/**
 * The configurations that come with this package, shown as a table: name, devices, parameters, purpose.
 * `openConfig(name)` opens one.
 *
 * @example
 * const [name = "pretrain_deepseek3_tiny_cpu"] = await listTemplates();
 * await openConfig(name);
 */
export async function listTemplates(): Promise<ShownList<string>> {
  return allTemplates();
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path);
  try {
    if (bytes.length > sizeLimit) throw new RangeError(`${bytes.length} bytes`);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const found = bytes.length > sizeLimit ? `${bytes.length} bytes` : "other bytes";
    throw new ConfigError(
      "CONFIG_UNREADABLE",
      `file ${path}: expected YAML in UTF-8 of at most ${sizeLimit} bytes, found ${found}`,
      {
        hint: `check what it is: file ${path}`,
        issues: [],
        cause,
      },
    );
  }
}

/** Calls that open what was probably meant: templates whose names begin with the text, else the nearest one. */
function templatesLike(text: string, templates: readonly string[]): string[] {
  const longer = templates.filter((name) => text.length > 3 && name.toLowerCase().startsWith(text.toLowerCase()));
  const near = suggestName(text, templates);
  const found = longer.length > 0 ? longer : near === undefined ? [] : [near];
  return found.slice(0, 3).map((name) => `openConfig("${name}")`);
}

/** What there is at the path instead of a file; undefined if the text looks like a template's name. */
async function foundInstead(name: string): Promise<{ readonly found: string; readonly hint: string } | undefined> {
  if (name !== "" && (await stat(name).catch(() => undefined))?.isDirectory()) {
    const [file = "name.yaml"] = (await readdir(name)).filter((entry) => /\.ya?ml$/.test(entry)).sort();
    return { found: "a folder", hint: `openConfig(${JSON.stringify(join(name, file))})` };
  }
  if (!name.includes("/")) return undefined;
  const folder = dirname(resolve(name));
  const files = await readdir(folder).catch(() => undefined);
  if (files === undefined)
    return { found: `no folder ${folder}`, hint: `check the path; it starts at ${process.cwd()}` };
  const near = suggestName(
    basename(name),
    files.filter((entry) => /\.ya?ml$/.test(entry)),
  );
  const hint =
    near === undefined ? `ls ${folder}` : `did you mean openConfig(${JSON.stringify(join(dirname(name), near))})?`;
  return { found: `no such file in ${folder}`, hint };
}

async function notFound(name: string): Promise<ConfigError> {
  const templates = await listTemplates();
  const near = templatesLike(name.replace(/\.ya?ml$/, ""), templates);
  const instead = await foundInstead(name);
  const hint = near.length === 0 ? `templates: ${templates.join(", ")}` : `did you mean ${near.join(" or ")}?`;
  const expected = "expected a file, a template's name, or YAML text";
  return new ConfigError(
    "CONFIG_NOT_FOUND",
    `config ${name || '""'}: ${expected}, found ${instead?.found ?? "none of them"}`,
    {
      hint: instead?.hint ?? hint,
      issues: [],
      details: { name, templates },
    },
  );
}

/** Includes deeper than this are a circle. */
const deepest = 10;

/** The files that the text's `base_config` names, read; a name is relative to the file's own folder. */
async function readBases(path: string, text: string, depth = 0): Promise<BaseFile[]> {
  if (!/^["']?base_config\b/m.test(text)) return [];
  const named = new Config({ kind: "file", name: path }, text).get("base_config");
  const names = (Array.isArray(named) ? named : [named]).filter((name): name is string => typeof name === "string");
  return Promise.all(
    names.map(async (name): Promise<BaseFile> => {
      const base = resolve(dirname(path), name);
      try {
        if (depth >= deepest) throw new RangeError(`more than ${deepest} includes of includes`);
        const inner = await readText(base);
        return { path: base, text: inner, bases: await readBases(base, inner, depth + 1) };
      } catch (error) {
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        return { path: base, text: undefined, problem: missing ? "no such file" : (error as Error).message, bases: [] };
      }
    }),
  );
}

async function openFile(path: string, options: ConfigOptions): Promise<Config> {
  const text = await readText(path);
  const config = new Config({ kind: "file", name: path }, text, options);
  return config.has("base_config")
    ? new Config(config.source, text, { ...options, bases: await readBases(path, text) })
    : config;
}

/**
 * Opens a configuration: a file's path, the name of a template (with or without `.yaml`; a file of that name wins), or
 * the YAML text itself (anything with a line break or `key: value` in it). Of a text with several documents (`---`) the
 * option `document` chooses one, from 0; saving writes them all. Throws CONFIG_NOT_FOUND, or CONFIG_UNREADABLE with
 * line, column, and hint.
 *
 * @example
 * const config = await openConfig("pretrain_deepseek3_671b");
 * config.set("lr_schedule.learning_rate", 1e-4);
 * const findings = config.check();
 */
export async function openConfig(pathOrTemplateOrText: string, options: ConfigOptions = {}): Promise<Config> {
  const name = pathOrTemplateOrText;
  requireArgument(typeof name === "string", {
    ...{ call: "openConfig", expected: "a file, a template's name, or YAML text", found: name },
    example: 'openConfig("pretrain_deepseek3_1b")',
  });
  requireOptions(options, "openConfig", {
    names: ["document", "by", "bases"],
    example: 'await openConfig("my-config.yaml", { document: 0 })',
  });
  const { document = 0 } = options;
  const isDocument = isWhole(document, 0);
  const example = 'await openConfig("my-config.yaml", { document: 0 })';
  const expected = "a number from 0 on";
  requireArgument(isDocument, { call: "openConfig, document", expected, found: document, example });
  if (/[\n\r]|^[^/]*:(?: |$)/.test(name)) return new Config({ kind: "text", name: "text" }, name, options);
  const found = name === "" ? undefined : await stat(name).catch(() => undefined);
  if (found?.isFile()) return openFile(resolve(name), options);
  const template = name.replace(/\.ya?ml$/, "");
  if (!(await listTemplates()).includes(template)) throw await notFound(name);
  const text = await readText(join(templateFolder(), `${template}.yaml`));
  return new Config({ kind: "template", name: template }, text, options);
}
