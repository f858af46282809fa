/** How many nodes are asked at the same time. */
export const nodesAtOnce = 32;

/** Asks for every item, at most `limit` at the same time; the outcomes in the order of the items. Never rejects. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  limit = nodesAtOnce,
): Promise<PromiseSettledResult<R>[]> {
  const outcomes: PromiseSettledResult<R>[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      [outcomes[index]] = (await Promise.allSettled([work(items[index] as T)])) as [PromiseSettledResult<R>];
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return outcomes;
}
