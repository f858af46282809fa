import { expect, it } from "vitest";
import { padRows } from "../../../../src/data/prepare/pad-rows.js";

it("a padded text is filled up on the right or cut off, and both are counted", () => {
  const ids = Int32Array.of(1, 2, 3, 4, 5, 6, 7);
  const { ids: rows, dropped, padded } = padRows({ ids, lengths: Int32Array.of(2, 5, 0) }, 3, 9);
  expect([...rows]).toEqual([1, 2, 9, 3, 4, 5, 9, 9, 9]);
  expect([dropped, padded]).toEqual([2, 4]);
});
