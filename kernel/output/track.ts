import type { Progress, ProgressOptions } from "../../src/view/display-contract.js";

type Open = (options: ProgressOptions) => Progress;
type About = string | ProgressOptions;

/** Hands on the items of a loop and shows how far it is. The total is the items' length or size, if they have one. */
export function createTrack(open: Open) {
  return (items: Iterable<unknown> | AsyncIterable<unknown>, about: About = "items") => {
    const given = typeof about === "string" ? { title: about } : about;
    const total = given.total ?? countOf(items);
    const options = total === undefined ? given : { ...given, total };
    return Symbol.iterator in items ? trackNow(items, () => open(options)) : trackLater(items, () => open(options));
  };
}

function* trackNow(items: Iterable<unknown>, open: () => Progress): Generator<unknown> {
  const progress = open();
  let done = 0;
  try {
    for (const item of items) {
      yield item;
      done += 1;
      progress.update(done);
    }
  } finally {
    progress.finish();
  }
}

async function* trackLater(items: AsyncIterable<unknown>, open: () => Progress): AsyncGenerator<unknown> {
  const progress = open();
  let done = 0;
  try {
    for await (const item of items) {
      yield item;
      done += 1;
      progress.update(done);
    }
  } finally {
    progress.finish();
  }
}

function countOf(items: object): number | undefined {
  const { length, size } = items as { readonly length?: unknown; readonly size?: unknown };
  return [length, size].find((count) => typeof count === "number") as number | undefined;
}
