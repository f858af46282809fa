import { expect, it } from "vitest";
import { createSparseLog } from "../../../../kernel/core/log.js";

it("writes the first lines, then one in a thousand", () => {
  const lines: string[] = [];
  const write = createSparseLog((line) => lines.push(line), 3);
  for (let count = 0; count < 2500; count++) write("again");
  expect(lines).toEqual([
    "again",
    "again",
    "again",
    "again (1000 of this kind so far)",
    "again (2000 of this kind so far)",
  ]);
});
