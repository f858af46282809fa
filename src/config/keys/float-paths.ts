import type { ReadValue } from "../../model/read-value.js";
import { keyInfo } from "./catalog.js";

interface Setting {
  readonly path: string;
  readonly value: unknown;
}

/**
 * Tells for a path whether MindFormers wants a float there, so that a whole number must be written `1.0`. Which keys a
 * section has can depend on its `type`: what is about to be set counts before what `get` reads.
 */
export function floatPaths(settings: readonly Setting[], get: ReadValue): (path: string) => boolean {
  const read: ReadValue = (path) => {
    const setting = settings.findLast(({ path: at }) => path === at || path.startsWith(`${at}.`));
    if (setting === undefined) return get(path);
    const keys = path.slice(setting.path.length).split(".").slice(1);
    const value = keys.reduce<unknown>(
      (inner, key) =>
        typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
      setting.value,
    );
    return value === undefined ? get(path) : value;
  };
  return (path) => {
    if (keyInfo(path, read)?.types[0] === "float") return true;
    const item = /^(.+)\.\d+$/.exec(path);
    return item !== null && keyInfo(item[1] as string, read)?.items === "float";
  };
}
