import { dataRules } from "./data.js";
import { deviceRules } from "./device.js";
import { keyRules } from "./keys.js";
import { meshRules } from "./mesh.js";
import { modelRules } from "./model.js";
import type { Rule } from "./rule.js";
import { runRules } from "./run.js";

/** Every rule, in the order in which findings of the same severity are listed. */
export const rules: readonly Rule[] = [
  ...keyRules,
  ...runRules,
  ...meshRules,
  ...modelRules,
  ...dataRules,
  ...deviceRules,
];
