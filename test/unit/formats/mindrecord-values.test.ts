import { describe, expect, it } from "vitest";
import { RowEncoder } from "../../../src/formats/mindrecord/row.js";

describe("values that a MindRecord row can't hold as they are", () => {
  it.each([
    ["string", "a\ud83d", "expected whole characters, found a lone surrogate"],
    ["int64", 2 ** 53, "expected a whole number, as a bigint beyond 2^53 − 1, found 9007199254740992"],
    ["int64", 1.5, "expected a whole number, found 1.5"],
  ] as const)("are refused: %s %j", (type, value, message) => {
    const encoder = new RowEncoder({ x: { type } }, []);
    expect(encoder.encode({ x: value })).toBe(`field x: ${message}`);
  });
});
