import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { manifestYaml } from "../../../src/plan/eject/kubernetes.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { runPython } from "../../support/project-python.js";

const folder = mkdtempSync(join(tmpdir(), "manifests-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(text: string): Promise<unknown[]> {
  const file = join(folder, "manifest.yaml");
  writeFileSync(file, text);
  return runPython("integration/plan/read_manifests.py", [file], folder);
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

test("the Volcano job: gang of one pod per node, each with all devices of a node, and the configuration with a graceful exit", async () => {
  const nodes = Array.from({ length: 32 }, (_, index) => `10.0.0.${index + 1}`);
  const plan = await planRun(await openConfig("pretrain_deepseek3_671b"), {
    cluster: { device: "Ascend", nodes, devicesPerNode: 8 },
  });
  const options = {
    name: "deepseek-671b",
    image: "example/mindformers:1.9.0",
    namespace: "llm",
    queue: "big",
    claim: "shared",
  };
  const [files, job] = (await read(plan.eject("kubernetes", options).text("job.yaml") ?? "")) as [Manifest, Manifest];

  expect(files).toMatchObject({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "deepseek-671b-files", namespace: "llm" },
  });
  expect(files.data["config.yaml"]).toContain("use_graceful_exit: True");
  expect(files.data["newest_checkpoint.py"]).toContain("--resume_training");
  expect(files.data["start-node.sh"]).toContain('--node_rank="$NODE_RANK"');
  expect(files.data["start-node.sh"]).toContain("--config /etc/mindformers-run/config.yaml");

  expect(job).toMatchObject({
    apiVersion: "batch.volcano.sh/v1alpha1",
    kind: "Job",
    metadata: { name: "deepseek-671b" },
  });
  const devices = { "huawei.com/Ascend910": 8 };
  const mounts = ["/etc/mindformers-run", "/mnt", "/dev/shm"].map((mountPath) =>
    expect.objectContaining({ mountPath }),
  );
  const command = [
    "bash",
    "-c",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
    expect.stringContaining('NODE_RANK="$VC_TASK_INDEX" MASTER_ADDR="${VC_WORKER_HOSTS%%,*}"'),
  ];
  const container = {
    name: "worker",
    image: "example/mindformers:1.9.0",
    command,
    ports: [{ name: "scheduler", containerPort: 8118 }],
    resources: { requests: devices, limits: devices },
    volumeMounts: mounts,
  };
  expect(job.spec).toEqual({
    schedulerName: "volcano",
    queue: "big",
    minAvailable: 32,
    maxRetry: 100,
    plugins: { env: [], svc: ["--publish-not-ready-addresses=true"] },
    policies: [
      { exitCode: 143, action: "RestartJob" },
      { event: "PodEvicted", action: "RestartJob" },
      { event: "PodFailed", action: "AbortJob" },
      { event: "TaskCompleted", action: "CompleteJob" },
    ],
    tasks: [
      {
        name: "worker",
        replicas: 32,
        minAvailable: 32,
        template: {
          metadata: { labels: { app: "deepseek-671b" } },
          spec: {
            restartPolicy: "Never",
            terminationGracePeriodSeconds: 900,
            containers: [container],
            volumes: [
              { name: "files", configMap: { name: "deepseek-671b-files" } },
              { name: "storage", persistentVolumeClaim: { claimName: "shared" } },
              { name: "shared-memory", emptyDir: { medium: "Memory" } },
            ],
          },
        },
      },
    ],
  });
});

test("any text comes back from PyYAML as it was", async () => {
  const texts = [
    "plain",
    "yes",
    "No",
    "~",
    "1e-8",
    "0o17",
    "",
    " leading",
    "trailing ",
    "a: b",
    "- a",
    "#x",
    "'",
    '"',
    "\\",
    "\t",
    "a\tb\n",
    "one\n",
    "one\ntwo",
    "one\ntwo\n\n\n",
    "\n",
    "\n\nx\n",
    "  indented\nfirst\n",
    "crlf\r\nline\r\n",
    "bell\u0007\n",
    "é ü 中文\n",
    "emoji 😀\nline\n",
    "nbsp\u00a0\n",
    "next line\u0085x\n",
    "separator\u2028x\n",
    "bom\ufeff\n",
    "---\n",
    "...\n",
    "%TAG\n",
    "a\n \nb\n",
    "x   \n",
  ];
  const object = Object.fromEntries(texts.map((text, index) => [`key ${index}`, text]));
  const value = { object, list: texts, numbers: [0, -1, 1.5], flags: [true, false], empty: {}, none: [] };
  expect(await read(manifestYaml([value, value]))).toEqual([value, value]);
});

test("any text comes back from PyYAML as it was: 3,000 random ones, as keys, values, and list items", async () => {
  const character = fc.oneof(
    fc.constantFrom(..."\n\n\n  \t\r:#-'\"\\|>&*!%@`?[]{},.~=<yn0189"),
    fc.constantFrom("\u0085", "\u00a0", "\u2028", "\ufeff", "\ud83d\ude00", "é", "中", "\u0000", "\u007f"),
  );
  const text = fc.string({ unit: character, maxLength: 12 });
  const texts = fc.sample(text, { numRuns: 3000, seed: 20261128 });
  const object = Object.fromEntries(texts.map((one) => [one, one]));
  expect(await read(manifestYaml([{ object, list: texts }]))).toEqual([{ object, list: texts }]);
});
