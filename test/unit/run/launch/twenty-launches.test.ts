import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { builtFile, packageRoot } from "../../../../src/core/package-root.js";
import { releasePort } from "../../../../src/run/nodes/port-reservation.js";
import { openRun } from "../../../../src/run/open.js";
import { launcherOption } from "../../../../src/run/record/node-command.js";
import { runsFolder } from "../../../support/fake-plan.js";

/** Launches two runs at the same moment in another process. The engine listens on its port, as the real one does. */
function launchTwo(folder: string, part: number): Promise<number | null> {
  const script = `
    const { launchRun } = await import(${JSON.stringify(builtFile("src/run/launch/launch.js"))});
    const plan = { config: { text: "", get: () => undefined }, totalSteps: 3, tokensPerStep: 1,
      cluster: { port: 8118 },
      commands: ({ runFolder, attempt }) => [{ node: "127.0.0.1", nodeRank: 0,
        argv: [${JSON.stringify(join(packageRoot(), "test/fixtures/bin/msrun"))}, "--worker_num=1",
          "--local_worker_num=1", "--master_port=8118", \`--log_dir=\${runFolder}/logs/attempt-\${attempt}/node-0\`,
          "script.py", "--output_dir", \`\${runFolder}/output\`],
        environment: { FAKE_STEPS: "3", FAKE_LISTEN: "1" } }] };
    const folder = ${JSON.stringify(folder)};
    await Promise.all(["a", "b"].map((name) => launchRun(plan, { name: name + ${part}, folder })));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}

it("twenty launches at the same moment from ten processes are twenty trainings on twenty ports", async () => {
  const folder = runsFolder();
  const processes = Array.from({ length: 10 }, (_, index) => index);
  expect(await Promise.all(processes.map((index) => launchTwo(folder, index)))).toEqual(processes.map(() => 0));
  const names = processes.flatMap((index) => [`a${index}`, `b${index}`]);
  const runs = await Promise.all(names.map((name) => openRun(name, { folder })));
  const ends = await Promise.all(runs.map((run) => run.wait({ timeout: "5m" })));
  expect(ends.map(({ state, step, attempt }) => `${state} ${step} ${attempt}`)).toEqual(
    names.map(() => "finished 3 1"),
  );
  const ports = runs.map(({ description: { commands } }) =>
    Number(commands[0] && launcherOption(commands[0], "master_port")),
  );
  await Promise.all(ports.map(releasePort));
  expect(new Set(ports).size).toBe(20);
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(20_000);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});
