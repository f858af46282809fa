import type { MimeBundle } from "../../view/display-contract.js";
import { ShownList } from "../../view/shown-list.js";
import { tableBundle } from "../../view/table.js";
import { type TemplateInfo, templateCatalog } from "./catalog.js";

function parametersText({ parameters }: TemplateInfo): string {
  if (parameters === undefined) return "by the model";
  return parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)} B` : `${(parameters / 1e6).toFixed(1)} M`;
}

/** The names of every template, shown as a table. */
export function allTemplates(): ShownList<string> {
  return ShownList.showing(
    templateCatalog.map(({ name }) => name),
    templatesTable,
  );
}

function templatesTable(names: readonly string[]): MimeBundle {
  const infos = templateCatalog.filter(({ name }) => names.includes(name));
  return tableBundle({
    title: `${names.length} templates`,
    columns: [
      { key: "name" },
      { key: "devices" },
      { key: "parameters", align: "right" },
      { key: "purpose", label: "purpose" },
    ],
    rows: infos.map((info) => ({
      name: info.name,
      devices: `${info.devices} ${info.device === "CPU" ? "processes on CPU" : "NPUs"}`,
      parameters: parametersText(info),
      purpose: info.purpose,
    })),
    note: "openConfig(name) opens one; the devices are those that its mesh needs",
  });
}
