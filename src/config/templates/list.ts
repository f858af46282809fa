import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { tableBundle } from "../../view/table.js";
import { type TemplateInfo, templateCatalogue } from "./catalogue.js";

function parametersText({ parameters }: TemplateInfo): string {
  if (parameters === undefined) return "by the model";
  return parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)} B` : `${(parameters / 1e6).toFixed(1)} M`;
}

/** Names of templates: an array of strings that shows itself as a table. What `filter` and `map` make of it are plain arrays. */
export class TemplateList extends Array<string> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** Devices, parameters and purpose of each template in the list. */
  get infos(): readonly TemplateInfo[] {
    return templateCatalogue.filter(({ name }) => this.includes(name));
  }

  [displayKey](): MimeBundle {
    return tableBundle({
      title: `${this.length} templates`,
      columns: [
        { key: "name" },
        { key: "devices" },
        { key: "parameters", align: "right" },
        { key: "purpose", label: "what for" },
      ],
      rows: this.infos.map((info) => ({
        name: info.name,
        devices: `${info.devices} ${info.device === "CPU" ? "processes on CPU" : "NPUs"}`,
        parameters: parametersText(info),
        purpose: info.purpose,
      })),
      note: "openConfig(name) opens one; the devices are those that its mesh needs",
    });
  }
}

/** Every template. */
export function allTemplates(): TemplateList {
  return TemplateList.from(templateCatalogue.map(({ name }) => name)) as TemplateList;
}
