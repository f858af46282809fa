import { createRequire } from "node:module";
import { LabError } from "../../core/error.js";
import { containerScript, resumeProgram, savedExitCode, stopRequest } from "./graceful-stop.js";
import type { EjectSource } from "./node-script.js";
import type { EjectSettings } from "./options.js";
import { configFile, type EjectText } from "./scripts.js";

/** Loaded when the first manifest is written: most cells that import the library never write one. */
const yaml = () => createRequire(import.meta.url)("yaml") as typeof import("yaml");

/** What a manifest is made of. */
type ManifestValue = string | number | boolean | readonly ManifestValue[] | { readonly [key: string]: ManifestValue };

const filesFolder = "/etc/mindformers-run";

/** Volcano names the hosts of the task "worker" in VC_WORKER_HOSTS and numbers its pods in VC_TASK_INDEX. */
const startLine =
  `export NODE_RANK="$VC_TASK_INDEX" MASTER_ADDR="\${VC_WORKER_HOSTS%%,*}"; exec ` +
  `bash ${filesFolder}/start-node.sh`;

function podSpec(source: EjectSource, settings: EjectSettings, image: string): ManifestValue {
  const resource = settings.deviceResource ?? "huawei.com/Ascend910";
  const devices: ManifestValue =
    source.device === "Ascend" ? { [resource]: source.devicesPerNode } : { cpu: source.devicesPerNode };
  return {
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 900,
    containers: [
      {
        name: "worker",
        image,
        command: ["bash", "-c", startLine],
        ports: [{ name: "scheduler", containerPort: source.port }],
        resources: { requests: devices, limits: devices },
        volumeMounts: [
          { name: "files", mountPath: filesFolder, readOnly: true },
          { name: "storage", mountPath: "/mnt" },
          { name: "shared-memory", mountPath: "/dev/shm" },
        ],
      },
    ],
    volumes: [
      { name: "files", configMap: { name: `${settings.name}-files` } },
      { name: "storage", persistentVolumeClaim: { claimName: settings.claim ?? "training-data" } },
      { name: "shared-memory", emptyDir: { medium: "Memory" } },
    ],
  };
}

/**
 * A ConfigMap with the configuration and the programs of a start, and a Volcano Job with one pod per node, all or none
 * of which are started. Evicted pods save, and the job restarts from that checkpoint.
 */
export function kubernetesFiles(source: EjectSource, settings: EjectSettings): EjectText {
  const { image, name, namespace } = settings;
  if (image === undefined)
    throw new LabError(
      "ARGUMENT_INVALID",
      "eject image: expected a container image with MindSpore and MindFormers, found none",
      {
        hint: 'plan.eject("kubernetes", { image: "registry.example/mindformers:1.9.0" })',
      },
    );
  const metadata = (suffix: string): ManifestValue => ({
    name: `${name}${suffix}`,
    ...(namespace !== undefined && { namespace }),
  });
  const stop = stopRequest(source.config, source.device, settings);
  const files: ManifestValue = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadata("-files"),
    data: {
      "start-node.sh": containerScript(source, settings, { files: filesFolder, exitFile: stop.file }),
      "newest_checkpoint.py": resumeProgram(),
      "config.yaml": stop.config,
    },
  };
  const nodes = source.nodes.length;
  const job: ManifestValue = {
    apiVersion: "batch.volcano.sh/v1alpha1",
    kind: "Job",
    metadata: metadata(""),
    spec: {
      schedulerName: "volcano",
      queue: settings.queue ?? "default",
      minAvailable: nodes,
      maxRetry: 100,
      plugins: { env: [], svc: ["--publish-not-ready-addresses=true"] },
      policies: [
        // The first that fits counts. A pod that saved after SIGTERM has failed, too, with this exit code.
        { exitCode: savedExitCode, action: "RestartJob" },
        { event: "PodEvicted", action: "RestartJob" },
        { event: "PodFailed", action: "AbortJob" },
        { event: "TaskCompleted", action: "CompleteJob" },
      ],
      tasks: [
        {
          name: "worker",
          replicas: nodes,
          minAvailable: nodes,
          template: { metadata: { labels: { app: name } }, spec: podSpec(source, settings, image) },
        },
      ],
    },
  };
  return {
    files: [{ path: "job.yaml", text: manifestYaml([files, job]), executable: false }, configFile(stop.config)],
    notes: [
      ...stop.notes,
      "kubectl apply -f job.yaml; it needs Volcano, the Ascend device plug-in (and its container runtime, which " +
        "mounts the driver) and a shared volume",
      `an evicted pod saves, ends with ${savedExitCode}, and the job restarts from its newest complete checkpoint; ` +
        "any other failure of a pod ends the job, and kubectl apply after kubectl delete continues it",
    ],
  };
}

/** Text that every YAML reader takes for text without quotes. */
const plain = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z][\w./-]*$/i;
/** Lines that keep every byte as a literal block. */
const blockText = /^[\n\x20-\x7e\u00a1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]+$/u;
/** Characters that YAML 1.1 readers take for line ends or refuse. */
const escaped = /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * Kubernetes objects as YAML documents that YAML 1.1 and 1.2 read the same way. Texts of several lines stay readable as
 * blocks.
 */
export function manifestYaml(objects: readonly ManifestValue[]): string {
  const texts = objects.map((object) => {
    const { Document, visit } = yaml();
    const document = new Document(object);
    visit(document, {
      Scalar(_, node) {
        const { value } = node;
        if (typeof value !== "string") return;
        const isBlock = value.includes("\n") && /[^\n ]/.test(value) && blockText.test(value);
        node.type = isBlock ? "BLOCK_LITERAL" : plain.test(value) ? "PLAIN" : "QUOTE_DOUBLE";
      },
    });
    return document.toString({ lineWidth: 0 });
  });
  // All characters to escape stand in double quotes: plain texts and blocks have none.
  return texts
    .join("---\n")
    .replace(escaped, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
