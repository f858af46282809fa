import { expect, it } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import type { ToleranceOption } from "../../../src/plan/command/tolerance.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { displayKey } from "../../../src/view/display-contract.js";

const ascend = {
  device: "Ascend",
  nodes: ["10.0.0.1", "10.0.0.2"],
  devicesPerNode: 8,
  memoryPerDevice: "64GB",
} as const;

async function smallAscend() {
  return (await openConfig("pretrain_deepseek3_1b")).set("parallel_config.data_parallel", 4);
}

async function plan(tolerance: readonly ToleranceOption[]) {
  return planRun(await smallAscend(), { cluster: ascend, tolerance, onErrors: "show" });
}

it("fault tolerance sets the environment of every node, and a sink size of 1", async () => {
  const planned = await plan(["UCE", "ARF"]);
  expect(planned.tolerance?.options).toEqual(["TTP", "UCE", "ARF"]);
  for (const { environment } of planned.commands({ runFolder: "runs/x", attempt: 1 }))
    expect(environment).toMatchObject({
      MS_ENABLE_TFT: "{TTP:1,UCE:1,ARF:1}",
      MINDIO_FOR_MINDSPORE: "1",
      MS_TFT_IP: "10.0.0.1",
      MS_TFT_PORT: "8119",
    });
  expect(planned.config.get("runner_config.sink_size") ?? 1).toBe(1);
  expect(planned.issues.filter(({ rule }) => rule === "tolerance-controller" || rule === "tolerance-sink")).toEqual([]);
  expect(planned.issues.find(({ rule }) => rule === "tolerance-plan")?.message).toContain("MindCluster");
  expect((await planned[displayKey]())["text/plain"]).toContain("controller at 10.0.0.1:8119");
});

it("an option that redoes a step needs neither MindIO nor a controller", async () => {
  const [first] = (await plan(["TRE"])).commands({ runFolder: "runs/x", attempt: 1 });
  expect(first?.environment.MS_ENABLE_TFT).toBe("{TRE:1}");
  expect(first?.environment).not.toHaveProperty("MS_TFT_IP");
});

it("a single replica of the optimizer's state is an error with the arithmetic", async () => {
  const config = (await smallAscend())
    .set("parallel.enable_parallel_optimizer", true)
    .set("parallel.parallel_optimizer_config.optimizer_weight_shard_size", -1);
  const planned = await planRun(config, { cluster: ascend, tolerance: ["TTP"], onErrors: "show" });
  expect(planned.errors.find(({ rule }) => rule === "tolerance-replica")?.message).toMatch(/expected 2 copies or more/);
});

it("scripts without this project set the same variables", async () => {
  const text = (await plan(["TTP"]))
    .eject("slurm")
    .files.map((file) => file.text)
    .join("\n");
  expect(text).toContain("export MS_ENABLE_TFT='{TTP:1}'");
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
  expect(text).toContain('export MS_TFT_IP="${MASTER_ADDR:-10.0.0.1}"');
});

it("on a CPU the options are refused with the reason, and nothing of them reaches the engine", async () => {
  const config = await openConfig("pretrain_deepseek3_tiny_cpu");
  const planned = await planRun(config, {
    cluster: { device: "CPU", devicesPerNode: 2 },
    tolerance: ["TTP"],
    onErrors: "show",
  });
  expect(planned.tolerance?.refused).toContain("works on Ascend only");
  const found = planned.issues.find(({ rule }) => rule === "tolerance-plan");
  expect(found).toMatchObject({ severity: "warning", message: expect.stringContaining("its own recovery") });
  expect(planned.commands({ runFolder: "runs/x", attempt: 1 })[0]?.environment).not.toHaveProperty("MS_ENABLE_TFT");
  expect((await planned[displayKey]())["text/plain"]).toMatch(/recovery +on, in place of fault tolerance: 4 restarts/);
});

it("an unknown option is refused with those that exist", async () => {
  const wrong = plan(["TPP" as ToleranceOption]);
  await expect(wrong).rejects.toMatchObject({ code: "ARGUMENT_INVALID", message: expect.stringContaining("TTP, UCE") });
});
