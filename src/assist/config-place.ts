import { Config } from "../config/config.js";
import type { ArgumentPlace } from "../view/display-contract.js";

/** What this room needs of a configuration; another copy of the package may have made it. */
export type OpenConfig = Pick<Config, "get" | "text" | "toJS" | "copy" | "origin" | "check">;

/** The configuration whose method is called, if a variable holds it. */
export function configOf({ receiver }: ArgumentPlace): OpenConfig | undefined {
  if (receiver instanceof Config) return receiver;
  const looks = typeof receiver === "object" && receiver !== null && receiver.constructor.name === "Config";
  return looks && "toJS" in receiver ? (receiver as OpenConfig) : undefined;
}

/** The path of a key in `merge({ section: { key: … } })`. */
export function sectionAndKey({ keys, text }: ArgumentPlace): string {
  return [...keys, text].join(".");
}
