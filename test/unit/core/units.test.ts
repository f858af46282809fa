import { expect, test } from "vitest";
import { parseBytes, parseDuration } from "../../../src/core/units.js";

test.each([
  [() => parseBytes("64", "memoryPerDevice"), 'write "64GB"'],
  [() => parseBytes("16 gib"), 'write "16GB"'],
  [() => parseBytes("much"), 'write "64GB"'],
  [() => parseBytes({} as string), 'write "64GB"'],
  [() => parseDuration("7days", "olderThan"), 'write "7d"'],
  [() => parseDuration("1 sek"), 'write "1s"'],
  [() => parseDuration("5 minutes"), 'write "5m"'],
  [() => parseDuration("20 millis"), 'write "20ms"'],
  [() => parseDuration("30"), 'write "30m"'],
  [() => parseDuration("soon"), 'write "10m"'],
])("a quantity without a known unit gives a line near what was typed: %#", (parse, hint) => {
  expect(parse).toThrow(expect.objectContaining({ code: "ARGUMENT_INVALID", hint }));
});
