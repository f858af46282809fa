import { expect, test } from "vitest";
import { releasePort, reservedMs, reservePort } from "../../../../src/run/nodes/port-reservation.js";

test("a reserved port is given to nobody else until the run has had time to listen on it", async () => {
  const port = 19_999;
  await releasePort(port);
  expect(await reservePort(port)).toBe(true);
  expect(await reservePort(port)).toBe(false);
  expect(await reservePort(port, Date.now() + reservedMs + 1000)).toBe(true);
  await releasePort(port);
});
