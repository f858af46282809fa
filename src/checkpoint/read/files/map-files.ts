/** Files that are read at the same time. */
const parallelFiles = 16;

/** Does the work for every item, some at a time; results in the order of the items. Rejects with the first error. */
export async function mapFiles<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at] as Item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallelFiles, items.length) }, worker));
  return results;
}
