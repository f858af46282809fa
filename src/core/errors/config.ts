import type { CatalogEntry } from "./entry.js";

export const configErrors = {
  CONFIG_UNREADABLE: {
    meaning: "The text is not YAML that MindFormers (PyYAML) can read.",
    cure: "Correct the line and column that the message names.",
  },
  CONFIG_NOT_FOUND: {
    meaning: "Neither a file nor a template of that name exists.",
    cure: "Use a path, a template's name from the message, or the YAML text itself.",
  },
  CONFIG_EDIT_REFUSED: {
    meaning: "An edit would be ambiguous, would break the file, or has a value that YAML can't hold.",
    cure: "Set the path that the message names.",
  },
  CONFIG_KEY_UNKNOWN: {
    meaning: "MindFormers does not have the requested key or section.",
    cure: "Use the name that the hint gives; listKeys() shows all.",
  },
  CONFIG_NOT_ON_COMMAND_LINE: {
    meaning: "Some edits can't be passed to run_mindformer.py as options without changing their value.",
    cure: "Save the YAML and start with that file.",
  },
} as const satisfies Record<string, CatalogEntry>;
