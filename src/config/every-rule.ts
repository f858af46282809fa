import { guideRules } from "./rules/guide.js";
import { commandLineRules } from "./rules/keys/command-line.js";
import { keyRules } from "./rules/keys/known.js";
import { overruledRules } from "./rules/keys/overruled.js";
import { surpriseRules } from "./rules/keys/surprises.js";
import { valueRules } from "./rules/keys/values.js";
import { deviceRules } from "./rules/mesh/device.js";
import { meshRules } from "./rules/mesh/devices.js";
import { divisionRules } from "./rules/mesh/division.js";
import { expertRules } from "./rules/mesh/experts.js";
import { pipelineRules } from "./rules/mesh/pipeline.js";
import { recomputeRules } from "./rules/mesh/recompute.js";
import type { Rule } from "./rules/rule.js";
import { batchRules } from "./rules/training/batch.js";
import { checkpointRules } from "./rules/training/checkpoint.js";
import { columnRules } from "./rules/training/columns.js";
import { dataRules } from "./rules/training/data.js";
import { modelRules } from "./rules/training/model.js";
import { optimizerRules } from "./rules/training/optimizer.js";
import { runRules } from "./rules/training/run.js";
import { scheduleRules } from "./rules/training/schedule.js";
import { toleranceRules } from "./rules/training/tolerance.js";

/** Rules by what they are about, in the order in which findings of the same severity are listed. */
export const ruleGroups: readonly (readonly [area: string, rules: readonly Rule[]])[] = [
  ["keys", [...keyRules, ...surpriseRules, ...overruledRules]],
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
