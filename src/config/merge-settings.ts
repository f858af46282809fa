import { requireObject } from "../core/arguments.js";
import type { Setting } from "./text/source-text.js";
import { isSection } from "./text/values.js";

type Values = Readonly<Record<string, unknown>>;

/** What `config.merge` sets: every value of a nested object; lists, and sections that do not exist yet, as a whole. */
export function settingsOf(values: Values, get: (path: string) => unknown): Setting[] {
  const example = "config.merge({ runner_config: { epochs: 1 } })";
  requireObject(values, "config.merge, values", example);
  const below = (prefix: string, section: Values): Setting[] =>
    Object.entries(section).flatMap(([key, value]) => {
      const path = prefix + key;
      return isSection(value) && isSection(get(path)) ? below(`${path}.`, value) : [{ path, value }];
    });
  return below("", values);
}
