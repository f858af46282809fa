import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { checkCluster } from "../../../src/run/nodes/preflight/check-cluster.js";
import { type Machines, startMachines } from "../../support/hosts/machines.js";
import { writeTokenFiles } from "../../support/token-files.js";

const folder = mkdtempSync(join(tmpdir(), "preflight-"));
let machines: Machines;

/** A package folder that makes Python believe in another MindFormers. */
function otherMindFormers(): string {
  const place = join(folder, "site");
  mkdirSync(join(place, "mindformers-1.8.0.dist-info"), { recursive: true });
  writeFileSync(
    join(place, "mindformers-1.8.0.dist-info", "METADATA"),
    "Metadata-Version: 2.1\nName: mindformers\nVersion: 1.8.0\n",
  );
  return place;
}

const faketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

beforeAll(async () => {
  machines = await startMachines(3, [
    {},
    { environment: { LD_PRELOAD: faketime, FAKETIME: "-30s" }, diskBytes: 1 << 20 },
    { environment: { PYTHONPATH: otherMindFormers() } },
  ]);
});
afterAll(async () => {
  await machines.close();
  rmSync(folder, { recursive: true, force: true });
});

it("names a wrong clock, a full disk, another MindFormers, and one changed byte, each on its node", async () => {
  for (const { disk } of machines.all) {
    mkdirSync(join(disk, "data"), { recursive: true });
    writeTokenFiles(join(disk, "data/tokens"), { count: 200, length: 65, vocabulary: 512 });
  }
  // The disk of machine 1 is its own tmpfs, which nothing outside sees: its data is missing there.
  writeFileSync(join(machines.all[2]?.disk ?? "", "data/tokens.bin"), Buffer.alloc(200 * 65 * 4, 1));
  const config = (await openConfig("pretrain_deepseek3_tiny_cpu"))
    .set("train_dataset.data_loader.config.data_path.1", "/srv/data/tokens")
    .set("parallel_config.data_parallel", 3);
  const plan = await planRun(config, {
    cluster: {
      device: "CPU",
      hosts: machines.all.map(({ address }) => address),
      sshConfig: machines.sshConfig,
      workDir: "/srv/runs",
    },
  });
  const found = await checkCluster(plan);
  const cell = (node: number, check: string) => found.checks[node]?.find((one) => one.check === check);
  expect(found.checks[0]?.filter(({ state }) => state === "error")).toEqual([]);
  expect(cell(0, "software")?.found).toBe("MindSpore 2.9.0, MindFormers 1.9.0");
  expect(cell(1, "clock")).toMatchObject({ state: "error", found: expect.stringMatching(/(29|30|31)\.\d s behind/) });
  expect(cell(1, "disk")).toMatchObject({ state: "error", found: expect.stringContaining("the run needs") });
  expect(cell(1, "data")).toMatchObject({ state: "error", found: "no /srv/data/tokens.idx" });
  expect(cell(2, "software")).toMatchObject({ state: "error", found: expect.stringContaining("MindFormers 1.8.0") });
  expect(cell(2, "data")).toMatchObject({ state: "error", found: expect.stringContaining("content differs") });
  expect(cell(2, "storage")?.found).toBe("its own");
  expect(found.checks.flat().every(({ check, state }) => check !== "name" || state === "ok")).toBe(true);
});
