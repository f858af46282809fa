import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ConfigError } from "../core/error.js";
import { packageRoot } from "../core/package-root.js";
import { Config } from "./config.js";
import { suggestName } from "./suggest.js";
import { allTemplates, type TemplateList } from "./templates/list.js";

const sizeLimit = 16 * 1024 * 1024;

function templateFolder(): string {
  return join(packageRoot(), "src", "config", "templates");
}

/** The configurations that come with this package, shown as a table: name, devices, parameters, purpose. `openConfig(name)` opens one. */
export async function listTemplates(): Promise<TemplateList> {
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

async function notFound(name: string): Promise<ConfigError> {
  const templates = await listTemplates();
  const near = suggestName(name.replace(/\.ya?ml$/, ""), templates);
  return new ConfigError(
    "CONFIG_NOT_FOUND",
    `config ${name}: expected a file, a template's name or YAML text, found none of them`,
    {
      hint: near === undefined ? `templates: ${templates.join(", ")}` : `did you mean openConfig("${near}")?`,
      issues: [],
      details: { name, templates },
    },
  );
}

/**
 * Opens a configuration: a file's path, the name of a template (with or without `.yaml`; a file of that name wins), or the YAML text itself
 * (anything with a line break or `key: value` in it).
 * Throws CONFIG_NOT_FOUND, or CONFIG_UNREADABLE with line, column and cure.
 */
export async function openConfig(pathOrTemplateOrText: string): Promise<Config> {
  const name = pathOrTemplateOrText;
  if (/[\n\r]|^[^/]*:(?: |$)/.test(name)) return new Config({ kind: "text", name: "text" }, name);
  const found = name === "" ? undefined : await stat(name).catch(() => undefined);
  if (found?.isFile()) {
    const path = resolve(name);
    return new Config({ kind: "file", name: path }, await readText(path));
  }
  const template = name.replace(/\.ya?ml$/, "");
  if (!(await listTemplates()).includes(template)) throw await notFound(name);
  return new Config({ kind: "template", name: template }, await readText(join(templateFolder(), `${template}.yaml`)));
}
