import { LabError } from "../../core/error.js";
import { type ManifestValue, manifestYaml } from "./manifest-yaml.js";
import { type EjectSource, variableNodeScript } from "./node-script.js";
import type { EjectSettings } from "./options.js";
import { configFile, type EjectText } from "./scripts.js";

const filesFolder = "/etc/mindformers-run";

/** Volcano names the hosts of the task "worker" in VC_WORKER_HOSTS and numbers its pods in VC_TASK_INDEX. */
const startLine = `export NODE_RANK="$VC_TASK_INDEX" MASTER_ADDR="\${VC_WORKER_HOSTS%%,*}"; exec bash ${filesFolder}/start-node.sh`;

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

/** A ConfigMap with the configuration and the start script, and a Volcano Job with one pod per node, all or none of which are started. */
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
  const config = `${filesFolder}/config.yaml`;
  const files: ManifestValue = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadata("-files"),
    data: {
      "start-node.sh": variableNodeScript(source, settings, { path: false, config }),
      "config.yaml": source.config,
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
      maxRetry: 1,
      plugins: { env: [], svc: ["--publish-not-ready-addresses=true"] },
      policies: [
        { event: "PodFailed", action: "AbortJob" },
        { event: "PodEvicted", action: "AbortJob" },
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
    files: [{ path: "job.yaml", text: manifestYaml([files, job]), executable: false }, configFile(source)],
    notes: [
      "kubectl apply -f job.yaml; it needs Volcano, the Ascend device plug-in (and its container runtime, which mounts the driver) and a shared volume",
      "a failed pod ends the job: to go on, set load_checkpoint and resume_training in the configuration and eject again",
    ],
  };
}
