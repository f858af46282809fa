import { templateCatalog } from "../config/templates/catalog.js";
import type { ArgumentOffer } from "../view/display-contract.js";

/** The templates that come with this package. */
export function templateOffers(): ArgumentOffer[] {
  return templateCatalog.map(({ name, devices, device, purpose }) => ({
    text: name,
    about: `template · ${devices} ${device === "CPU" ? "CPU processes" : "NPUs"} · ${purpose}`.slice(0, 78),
  }));
}
