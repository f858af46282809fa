/** Paths of the training data's own settings; `train_dataset_task.dataset_config` repeats them, mostly as an alias. */
export const dataLoaderPath = "train_dataset.data_loader";

/** File prefixes of a Megatron `data_path` list (without the weights that may stand before each). */
export function dataPrefixes(value: unknown): string[] {
  const entries = (Array.isArray(value) ? value : [value])
    .filter((entry) => entry !== null && entry !== undefined)
    .map(String);
  const weights = entries.filter((_, index) => index % 2 === 0);
  const weighted =
    entries.length > 0 &&
    entries.length % 2 === 0 &&
    weights.every((entry) => /^\s*[-+]?[\d.]+(?:e[-+]?\d+)?\s*$/i.test(entry));
  return (weighted ? entries.filter((_, index) => index % 2 === 1) : entries).map((entry) => entry.trim());
}
