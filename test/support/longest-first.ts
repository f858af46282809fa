import { relative, sep } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Seconds that files took within runs of all tests on 2 busy cores (2026-11-26). A file that is not here counts as
// short. Only the order rests on it, so that no core waits at the end for a long file that began last. Of the trainings
// one stands here: it compiles the graph that browser/full-pretraining takes over.
const seconds: Readonly<Record<string, number>> = {
  "integration/data/documents": 286,
  "notebooks/full-pretraining": 221,
  "integration/config/pyyaml": 181,
  "integration/data/sigkill": 136,
  "integration/data/reference": 91,
  "integration/config/mindformers": 90,
  "integration/papermill/papermill": 89,
  "integration/engine/operators": 76,
  "integration/config/command-line": 68,
  "integration/engine/mindrecord-training": 66,
  "wire/debugger": 62,
  "integration/kernel/behavior": 56,
  "integration/data/gpt-index": 55,
  "integration/data/mindrecord": 51,
  "integration/data/data-order": 40,
  "integration/model/parameters": 37,
  "browser/kernel": 35,
  "wire/debug-files": 35,
  "property/config/edits": 32,
  "unit/run/supervise/takeover": 60,
  "unit/run/supervise/faults": 45,
  "unit/run/large-runs": 20,
  "unit/run/launch/launch": 32,
  "integration/kernel/programs": 27,
  "unit/run/launch/resume": 24,
  "integration/data/parquet": 23,
  "integration/config/broken": 21,
  "integration/config/catalog": 20,
  "unit/data/bpe/known-characters": 20,
  "contract/package": 20,
  "integration/plan/mindformers-groups": 19,
  "integration/kernel/conformance": 16,
  "integration/kernel/services-client": 16,
  "unit/data/mindrecord-prepare": 15,
  "notebooks/prepare-and-inspect-data": 14,
  "hostile/red-plans": 13,
  "unit/data/megatron-repair": 12,
  "integration/config/typos": 12,
  "integration/checkpoint/safetensors": 11,
  "unit/formats/safetensors": 11,
  "unit/kernel/evaluate/checker-process": 10,
  "notebooks/scale-a-model": 9,
  "property/tokenize-workers": 9,
  "unit/kernel/evaluate/interrupt": 9,
  "notebooks/edit-a-config": 8,
  "hostile/dataset-files": 8,
  "property/byte-encoder": 8,
  "unit/data/prepare-refusals": 8,
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
