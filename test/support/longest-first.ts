import { relative, sep } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Seconds that the files of more than ten took alone on 2 cores, measured on 2026-11-26. A file that is not here counts as short. Only the
// order rests on it, so that no core waits at the end for a long file that began last: figures need no care beyond their rank.
const seconds: Readonly<Record<string, number>> = {
  // It compiles the graph that browser/full-pretraining takes over.
  "notebooks/full-pretraining": 150,
  "integration/data/documents": 110,
  "integration/config/pyyaml": 85,
  "integration/data/sigkill": 80,
  "integration/engine/operators": 75,
  "integration/papermill/papermill": 66,
  "integration/engine/mindrecord-training": 60,
  "integration/config/mindformers": 60,
  "integration/data/reference": 58,
  "integration/kernel/behaviour": 56,
  "integration/config/command-line": 50,
  "integration/data/mindrecord": 48,
  "integration/data/gpt-index": 46,
  "browser/kernel": 35,
  "integration/data/data-order": 34,
  "integration/model/parameters": 30,
  "property/config/edits": 30,
  "integration/kernel/programs": 26,
  "integration/data/parquet": 22,
  "unit/run/launch": 22,
  "unit/run/resume": 20,
  "unit/data/bpe/known-characters": 19,
  "integration/config/broken": 18,
  "integration/config/catalogue": 18,
  "integration/plan/mindformers-groups": 18,
  "integration/kernel/conformance": 16,
  "integration/kernel/services-client": 15,
  "unit/data/mindrecord-prepare": 14,
  "notebooks/prepare-and-inspect-data": 13,
  "hostile/red-plans": 13,
  "unit/data/megatron-repair": 11,
  "unit/formats/safetensors": 11,
};

/** Files that take long first, then as vitest itself orders them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const root = this.ctx.config.root;
    const order = (file: TestSpecification): number => file.project.config.sequence.groupOrder;
    const length = ({ moduleId }: TestSpecification): number => {
      const name = relative(root, moduleId)
        .split(sep)
        .join("/")
        .replace(/^test\//, "")
        .replace(/\.test\.ts$/, "");
      return seconds[name] ?? 0;
    };
    return (await super.sort(files)).toSorted((a, b) => order(a) - order(b) || length(b) - length(a));
  }
}
