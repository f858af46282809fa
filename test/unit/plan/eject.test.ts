import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { packageRoot } from "../../../src/core/package-root.js";
import type { EjectOptions, EjectTarget } from "../../../src/plan/eject/options.js";
import type { Plan } from "../../../src/plan/plan.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { displayKey } from "../../../src/view/display-contract.js";

const programs = join(packageRoot(), "test/fixtures/cluster-bin");
const folder = mkdtempSync(join(tmpdir(), "eject-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Characters that a shell, YAML or eval would change if they were not quoted. */
const oddName = `runs of "Ann's"; $HOME & {a,b} \`x\` \\ *--b`;

async function planOf(nodes: number, python = join(programs, "python")): Promise<Plan> {
  const config = (await openConfig("pretrain_deepseek3_671b")).merge({
    parallel_config: {
      data_parallel: nodes * 2,
      model_parallel: 4,
      pipeline_stage: 1,
      expert_parallel: 4,
      micro_batch_num: 1,
    },
    parallel: { pipeline_config: { pipeline_interleave: false, pipeline_scheduler: "1f1b" } },
    model: { model_config: { offset: 0, pp_interleave_num: 1 } },
  });
  return planRun(config, {
    cluster: {
      device: "Ascend",
      nodes: Array.from({ length: nodes }, (_, index) => `10.0.0.${index + 1}`),
      devicesPerNode: 8,
      python,
    },
    onErrors: "show",
  });
}

interface Call {
  readonly program: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Writes the files, runs one of the scripts with the programs of the fixture folder, and returns how these were called.
 */
async function played(
  plan: Plan,
  target: EjectTarget,
  how: { script: string; options?: EjectOptions; environment?: Record<string, string> },
) {
  const place = how.options?.folder ?? join(folder, target);
  const ejected = plan.eject(target, { ...how.options, folder: place });
  await ejected.save(place);
  const calls = join(folder, "calls.jsonl");
  writeFileSync(calls, "");
  const environment = {
    ...how.environment,
    PATH: `${programs}:/usr/bin:/bin:${join(process.execPath, "..")}`,
    CALLS: calls,
  };
  execFileSync("bash", [join(place, how.script)], { env: environment, cwd: folder });
  const lines = readFileSync(calls, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Call);
}

function msrunWords(place: string, rank: number, nodes: number): string[] {
  return [
    `--worker_num=${nodes * 8}`,
    "--local_worker_num=8",
    "--master_addr=10.0.0.1",
    "--master_port=8118",
    `--node_rank=${rank}`,
    `--log_dir=${place}/logs`,
    "--join=True",
    "--cluster_time_out=7200",
    "--bind_core=True",
    "/opt/mindformers/run_mindformer.py",
    "--config",
    `${place}/config.yaml`,
    "--output_dir",
    `${place}/output`,
  ];
}

test("every script is one that bash can read", async () => {
  const plan = await planOf(3);
  for (const target of ["msrun", "launcher", "slurm"] as const)
    for (const { path, text } of plan.eject(target, { folder: `/shared/${oddName}` }).files)
      if (path.endsWith(".sh") || path.endsWith(".slurm")) execFileSync("bash", ["-n"], { input: text });
});

describe("msrun", () => {
  test("each node's script calls msrun with its own node_rank and the same master; a path of odd characters arrives as it is", async () => {
    const plan = await planOf(3);
    const place = join(folder, oddName);
    for (let rank = 0; rank < 3; rank++) {
      const calls = await played(plan, "msrun", { script: `node-${rank}.sh`, options: { folder: place } });
      expect(calls).toHaveLength(1);
      expect(calls[0]?.argv).toEqual(msrunWords(place, rank, 3));
      expect(calls[0]?.environment.PATH).toMatch(new RegExp(`^${programs}:`));
      expect(calls[0]?.environment.PYTHONPATH).toBe("/opt/mindformers:");
      expect(calls[0]?.environment.LOG_MF_PATH).toBe(`${place}/logs/mindformers`);
    }
    expect(readFileSync(join(place, "config.yaml"), "utf8")).toBe(plan.config.text);
    expect(statSync(join(place, "node-0.sh")).mode & 0o111).toBe(0o111);
  });

  test("a script, to the letter", async () => {
    const plan = await planOf(128, "/env/bin/python");
    const ejected = plan.eject("msrun", { name: "deepseek-671b", folder: "/shared/deepseek-671b" });
    expect(ejected.files).toHaveLength(129);
    expect(ejected.text("node-017.sh")).toBe(`#!/usr/bin/env bash
# Node 17 of 128 (10.0.0.18): starts ranks 136 to 143 of 1024.
set -euo pipefail
# The bin folder of the Python environment with MindSpore and MindFormers, the same on every node.
PYTHON_BIN=\${PYTHON_BIN:-/env/bin}
export PATH="$PYTHON_BIN:$PATH"
command -v msrun > /dev/null || { echo "$(hostname): no msrun in $PYTHON_BIN: set PYTHON_BIN" >&2; exit 1; }
export PYTHONPATH=/opt/mindformers:"\${PYTHONPATH:-}"
export LOG_MF_PATH=/shared/deepseek-671b/logs/mindformers
exec msrun \\
  --worker_num=1024 \\
  --local_worker_num=8 \\
  --master_addr=10.0.0.1 \\
  --master_port=8118 \\
  --node_rank=17 \\
  --log_dir=/shared/deepseek-671b/logs \\
  --join=True \\
  --cluster_time_out=7200 \\
  --bind_core=True \\
  /opt/mindformers/run_mindformer.py \\
  --config /shared/deepseek-671b/config.yaml \\
  --output_dir /shared/deepseek-671b/output
`);
  });

  test("one machine has no node_rank, and a CPU plan keeps this project's program", async () => {
    const config = await openConfig("pretrain_deepseek3_tiny_cpu");
    const plan = await planRun(config, { onErrors: "show" });
    const text = plan.eject("msrun", { folder: "/r" }).text("node.sh") ?? "";
    expect(text).not.toContain("node_rank");
    expect(text).toContain("extensions/engine/run_mindformer.py");
    expect(text).toContain("MS_COMPILER_CACHE_PATH=/r/compiler-cache");
  });
});

describe("MindFormers' launcher script", () => {
  test("its call starts the same msrun, also with a path of odd characters that goes through eval", async () => {
    const place = join(folder, `launcher ${oddName}`);
    const mindformers = join(folder, `MindFormers' "copy" $1`);
    mkdirSync(join(mindformers, "scripts"), { recursive: true });
    copyFileSync(join(programs, "msrun_launcher.sh"), join(mindformers, "scripts/msrun_launcher.sh"));
    for (const rank of [0, 2]) {
      const calls = await played(await planOf(3), "launcher", {
        script: `node-${rank}.sh`,
        options: { folder: place, mindformers },
      });
      const words = msrunWords(place, rank, 3).map((word) =>
        word.startsWith("/opt") ? join(mindformers, "run_mindformer.py") : word,
      );
      expect(calls.map(({ argv }) => argv)).toEqual([words]);
      expect(calls[0]?.cwd).toBe(place);
    }
  });

  test("the call, to the letter", async () => {
    const plan = await planOf(128, "/env/bin/python");
    const ejected = plan.eject("launcher", { folder: "/shared/run" });
    for (let rank = 0; rank < 128; rank++)
      expect(
        ejected
          .text(`node-${String(rank).padStart(3, "0")}.sh`)
          ?.split("\n")
          .at(-2),
      ).toBe(
        "exec bash /opt/mindformers/scripts/msrun_launcher.sh " +
          '"/opt/mindformers/run_mindformer.py --config /shared/run/config.yaml ' +
          `--output_dir /shared/run/output" 1024 8 10.0.0.1 8118 ${rank} /shared/run/logs True 7200`,
      );
    expect(ejected.files.filter(({ path }) => path.endsWith(".sh"))).toHaveLength(128);
  });

  test("one worker is started by Python itself, because the script would end without doing anything", async () => {
    const config = (await openConfig("pretrain_deepseek3_tiny_cpu")).set("parallel_config.data_parallel", 1);
    const plan = await planRun(config, {
      cluster: { device: "CPU", python: join(programs, "python") },
      onErrors: "show",
    });
    const calls = await played(plan, "launcher", { script: "node.sh" });
    expect(calls).toMatchObject([{ program: "python" }]);
    expect(calls[0]?.argv.slice(-2)).toEqual(["--use_parallel", "False"]);
    expect(plan.eject("launcher").notes[0]).toContain("exit code 0 without starting anything");
    expect(plan.eject("slurm").notes.at(-1)).toContain("extensions/engine of this project");
  });
});

describe("Slurm", () => {
  const job = (nodes: number) => ({
    SLURM_JOB_NODELIST: Array.from({ length: nodes }, (_, index) => `10.0.0.${index + 1}`).join(","),
    SLURM_NNODES: String(nodes),
  });

  test("every node of the job gets its own node_rank and the first node's address", async () => {
    const place = join(folder, `slurm ${oddName}`);
    const calls = await played(await planOf(4), "slurm", {
      script: "job.slurm",
      options: { folder: place },
      environment: job(4),
    });
    expect(calls.filter(({ program }) => program === "srun")).toHaveLength(1);
    expect(calls.filter(({ program }) => program === "msrun").map(({ argv }) => argv)).toEqual(
      [0, 1, 2, 3].map((rank) => msrunWords(place, rank, 4)),
    );
    expect(existsSync(join(place, "logs"))).toBe(true);
  });

  test("a job with another number of nodes than planned ends at once", async () => {
    await expect(played(await planOf(4), "slurm", { script: "job.slurm", environment: job(3) })).rejects.toThrow(
      /expected 4 nodes, found 3/,
    );
  });

  test("directives: one task per node, whole nodes, and what the site wants", async () => {
    const text = (await planOf(4))
      .eject("slurm", {
        name: "big",
        folder: "/s",
        partition: "npu",
        account: "llm",
        timeLimit: "2-00:00:00",
        gres: "npu:8",
      })
      .text("job.slurm");
    expect(text?.split("\n").filter((line) => line.startsWith("#SBATCH"))).toEqual([
      "#SBATCH --job-name=big",
      "#SBATCH --nodes=4",
      "#SBATCH --ntasks-per-node=1",
      "#SBATCH --exclusive",
      "#SBATCH --output=/s/slurm-%j.log",
      "#SBATCH --gres=npu:8",
      "#SBATCH --partition=npu",
      "#SBATCH --account=llm",
      "#SBATCH --time=2-00:00:00",
    ]);
  });

  test("the Slurm options of the plan's cluster were ignored: they are the defaults", async () => {
    const slurm = { partition: "npu", account: "llm", time: "90", gres: "npu:8", qos: "high", extra: ["--nice=5"] };
    const plan = await planRun(await openConfig("pretrain_deepseek3_671b"), {
      cluster: { device: "Ascend", via: "slurm", nodeCount: 4, slurm },
      onErrors: "show",
    });
    const directives = (options: EjectOptions) =>
      plan
        .eject("slurm", { folder: "/s", ...options })
        .text("job.slurm")
        ?.split("\n")
        .filter((line) => line.startsWith("#SBATCH"))
        .slice(5);
    const [gres, , account, , ...rest] = directives({}) ?? [];
    expect(directives({})).toEqual([
      "#SBATCH --gres=npu:8",
      "#SBATCH --partition=npu",
      "#SBATCH --account=llm",
      "#SBATCH --time=90",
      "#SBATCH --qos=high",
      "#SBATCH --nice=5",
    ]);
    const own = ["#SBATCH --partition=test", account, "#SBATCH --time=5"];
    expect(directives({ partition: "test", timeLimit: "5" })).toEqual([gres, ...own, ...rest]);
  });
});

describe("what can't be ejected is refused", () => {
  test.each<[EjectTarget, EjectOptions, RegExp]>([
    ["kubernetes", {}, /expected a container image/],
    ["msrun", { folder: "runs/x" }, /folder: expected an absolute path/],
    ["msrun", { mindformers: "mindformers" }, /mindformers: expected an absolute path/],
    ["msrun", { folder: "/a\nrm -rf b" }, /folder: expected text of one line/],
    ["slurm", { name: "Big_Job" }, /name: expected lower-case letters/],
    ["slurm", { partition: "" }, /partition: expected text/],
    ["pbs" as EjectTarget, {}, /expected msrun, launcher, slurm, kubernetes, found "pbs"/],
  ])("%s %j", async (target, options, message) => {
    const plan = await planOf(2);
    expect(() => plan.eject(target, options)).toThrow(message);
  });
});

test("an ejected plan shows its files and what to do with them", async () => {
  const text = String((await planOf(4)).eject("slurm", { folder: "/s" })[displayKey]()["text/plain"]);
  expect(text).toContain("pretrain: a Slurm batch job");
  expect(text).toContain("then: sbatch /s/job.slurm");
  expect(text).toContain("── start-node.sh");
  expect(text).toMatch(/⋮ \d+ of \d+ lines hidden/);
});

test.each(["msrun", "slurm"] as const)(
  "a script for %s names the environment in one variable at the top, and where msrun is missing it says which to set",
  async (target) => {
    const plan = await planOf(2, "/home-of-the-planner/venv/bin/python");
    const { files } = plan.eject(target, { folder: "/shared/run" });
    const script = files.find(({ text }) => text.includes("PYTHON_BIN"));
    expect(script?.text.match(/home-of-the-planner/g)).toHaveLength(1);
    const environment = { PATH: "/usr/bin:/bin", PYTHON_BIN: "/not/there", NODE_RANK: "0", MASTER_ADDR: "a" };
    const lines = script?.text.split("\n") ?? [];
    const top = lines.slice(0, lines.findIndex((line) => line.startsWith("command -v msrun")) + 1).join("\n");
    const { status, stderr } = spawnSync("bash", ["-c", top], { env: environment, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/no msrun in \/not\/there: set PYTHON_BIN/);
  },
);
