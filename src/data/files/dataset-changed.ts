import { DataError } from "../../core/error.js";

/**
 * Files that are not those that were opened. `found` ends the sentence "expected the files that were there when it
 * was opened, …".
 */
export function datasetChanged(dataset: string, found: string, hint: string): DataError {
  return new DataError("DATASET_CHANGED", `dataset ${dataset}: expected the files that it was opened with, ${found}`, {
    hint,
    details: { prefix: dataset },
  });
}
