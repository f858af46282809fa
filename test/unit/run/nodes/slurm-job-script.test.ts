import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { ResolvedCluster } from "../../../../src/plan/command/cluster.js";
import { jobScript } from "../../../../src/run/nodes/slurm/job-script.js";

// The batch script on bash, with programs that stand for Slurm's. `srun` ends with the code that `<attempt>.code` says.

const folder = mkdtempSync(join(tmpdir(), "job-script-"));
const bin = join(folder, "bin");
let runs = 0;
mkdirSync(bin);
for (const [name, text] of [
  ["scontrol", 'echo "a\nb"'],
  ["getent", "exit 0"],
  ["sleep", "exec /bin/sleep 0.02"],
  ["srun", 'place=$(eval echo \\$$#); echo "$*" >> "$place/srun"; exit "$(cat "$place/code")"'],
]) {
  writeFileSync(join(bin, name as string), `#!/bin/bash\n${text}\n`);
  chmodSync(join(bin, name as string), 0o755);
}
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A job in a run folder with a space in its name. */
function job(holds: boolean) {
  const place = join(folder, `run ${runs++}`);
  mkdirSync(join(place, "control"), { recursive: true });
  const cluster = { nodes: ["a", "b"], python: "python", access: { slurm: {}, container: [] } };
  const about = { name: "wiki", folder: place, attempt: 1, program: join(place, "program.py"), holds };
  writeFileSync(join(place, "job"), jobScript({ ...about, cluster: cluster as unknown as ResolvedCluster }));
  const file = (attempt: number, name: string) => join(place, "slurm", `attempt-${attempt}`, name);
  return {
    file,
    read: (attempt: number, name: string) => readFileSync(file(attempt, name), "utf8").trim(),
    /** Describes an attempt: how it will end, and the job that it belongs to. */
    describe(attempt: number, code: number) {
      mkdirSync(file(attempt, ""), { recursive: true });
      writeFileSync(file(attempt, "code"), String(code));
      writeFileSync(file(attempt, "job.json"), JSON.stringify({ id: "7" }));
    },
    run(more: Record<string, string> = {}) {
      const env = { ...more, PATH: `${bin}:${process.env.PATH}`, SLURM_JOB_ID: "7", SLURM_JOB_NODELIST: "a,b" };
      const child = spawn("bash", [join(place, "job")], { env, stdio: "inherit" });
      return once(child, "exit").then(([code]) => code as number);
    },
  };
}

const appears = (path: string) => expect.poll(() => existsSync(path), { timeout: 240_000, interval: 20 }).toBe(true);

it("a job without recovery ends as its tasks do", async () => {
  const one = job(false);
  one.describe(1, 3);
  expect(await one.run()).toBe(3);
  expect(one.read(1, "srun")).toContain("--job-name=attempt-1");
});

it("a job whose tasks fail before the script waits for them ended well; now with their code", async () => {
  const one = job(false);
  one.describe(1, 3);
  writeFileSync(join(folder, "slow"), "unset BASH_ENV; trap '/bin/sleep 0.05' DEBUG\n");
  expect(await one.run({ BASH_ENV: join(folder, "slow") })).toBe(3);
});

it("a job that holds its nodes runs the next attempt in them, and ends when that one ends well", async () => {
  const one = job(true);
  one.describe(1, 3);
  const end = one.run();
  await appears(one.file(1, "ended"));
  one.describe(2, 0);
  expect(await end).toBe(0);
  expect([one.read(1, "ended"), one.read(2, "srun")]).toEqual(["3", expect.stringContaining("--job-name=attempt-2")]);
});

it("a job that is released ends with the code of its last attempt", async () => {
  const one = job(true);
  one.describe(1, 4);
  const end = one.run();
  await appears(one.file(1, "ended"));
  writeFileSync(one.file(1, "released"), "");
  expect(await end).toBe(4);
});

it("a job that Slurm starts again says so, and never runs the interrupted attempt twice", async () => {
  const one = job(false);
  one.describe(1, 0);
  writeFileSync(one.file(1, "started"), "");
  const end = one.run();
  await appears(one.file(1, "ended"));
  expect(one.read(1, "ended")).toBe("requeued");
  one.describe(2, 0);
  expect(await end).toBe(0);
  expect(existsSync(one.file(1, "srun"))).toBe(false);
});
