import { batchRules } from "./batch.js";
import { checkpointRules } from "./checkpoint.js";
import { columnRules } from "./columns.js";
import { commandLineRules } from "./command-line.js";
import { dataRules } from "./data.js";
import { deviceRules } from "./device.js";
import { divisionRules } from "./division.js";
import { expertRules } from "./experts.js";
import { guideRules } from "./guide.js";
import { keyRules } from "./keys.js";
import { meshRules } from "./mesh.js";
import { modelRules } from "./model.js";
import { optimizerRules } from "./optimizer.js";
import { pipelineRules } from "./pipeline.js";
import { recomputeRules } from "./recompute.js";
import type { Rule } from "./rule.js";
import { runRules } from "./run.js";
import { scheduleRules } from "./schedule.js";
import { toleranceRules } from "./tolerance.js";
import { valueRules } from "./values.js";

/** Rules by what they are about, in the order in which findings of the same severity are listed. */
export const ruleGroups: readonly (readonly [area: string, rules: readonly Rule[]])[] = [
  ["keys", keyRules],
  ["values", valueRules],
  ["run", runRules],
  ["mesh", meshRules],
  ["division", divisionRules],
  ["pipeline", pipelineRules],
  ["recomputation", recomputeRules],
  ["batch", batchRules],
  ["model", modelRules],
  ["experts", expertRules],
  ["data", dataRules],
  ["columns", columnRules],
  ["schedule", scheduleRules],
  ["optimizer", optimizerRules],
  ["checkpoints", checkpointRules],
  ["device", deviceRules],
  ["fault tolerance", toleranceRules],
  ["command line", commandLineRules],
  ["tuning", guideRules],
];

/** Every rule. */
export const rules: readonly Rule[] = ruleGroups.flatMap(([, group]) => group);
