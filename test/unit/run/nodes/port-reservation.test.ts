import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { builtFile } from "../../../../src/core/package-root.js";
import { releasePort, reservedMs, reservePort } from "../../../../src/run/nodes/port-reservation.js";

/** Ports that another process takes for two runs at the same moment. */
function takeTwo(): Promise<number[]> {
  const script = `
    const { freePort } = await import(${JSON.stringify(builtFile("src/run/nodes/port.js"))});
    console.log(JSON.stringify(await Promise.all([freePort(), freePort()])));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve(JSON.parse(output)));
  });
}

test("twenty launches at the same moment from ten processes get twenty ports", async () => {
  const ports = (await Promise.all(Array.from({ length: 10 }, takeTwo))).flat();
  await Promise.all(ports.map(releasePort));
  expect(new Set(ports).size).toBe(20);
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(20_000);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});

test("a reserved port is given to nobody else until the run has had time to listen on it", async () => {
  const port = 19_999;
  await releasePort(port);
  expect(await reservePort(port)).toBe(true);
  expect(await reservePort(port)).toBe(false);
  expect(await reservePort(port, Date.now() + reservedMs + 1000)).toBe(true);
  await releasePort(port);
});
