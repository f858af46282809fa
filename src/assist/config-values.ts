import { keyInfo } from "../config/keys/catalog.js";
import { choicesOf } from "../config/rules/keys/choices.js";
import type { ReadValue } from "../model/read-value.js";
import type { ArgumentOffer } from "../view/display-contract.js";
import type { OpenConfig } from "./config-place.js";

/** Values that a key may have, as far as they can be listed: names, True and False, its value now and its default. */
export function valueOffers(path: string, config: OpenConfig | undefined): ArgumentOffer[] {
  const get: ReadValue = (at) => config?.get(at);
  const info = keyInfo(path, get) ?? keyInfo(path, () => undefined);
  const now = config?.get(path);
  const offers = new Map<unknown, string>();
  const offer = (value: unknown, words: string): void => {
    if (value === undefined || (typeof value === "object" && value !== null)) return;
    offers.set(value, [offers.get(value), words].filter(Boolean).join(", "));
  };
  offer(now, "now");
  offer(info?.default, "default");
  for (const choice of choicesOf(path, get)) offer(choice, "");
  if (info?.types.includes("bool")) for (const choice of [true, false]) offer(choice, "");
  if (info?.types.includes("null")) offer(null, "");
  return [...offers].map(([value, words]) => ({
    text: String(value),
    ...(typeof value === "string" ? {} : { code: String(value) }),
    about: words || "value",
  }));
}
