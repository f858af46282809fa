import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Ejected } from "../../src/plan/eject/ejected.js";

interface Manifest {
  readonly kind: string;
  readonly data: Readonly<Record<string, string>>;
  readonly spec: {
    readonly tasks: readonly {
      readonly template: { readonly spec: { readonly containers: readonly { readonly command: readonly string[] }[] } };
    }[];
  };
}

const mounted = "/etc/mindformers-run";

/**
 * Starts the container of an ejected Kubernetes job as a container runtime does: the manifest's own command, as the
 * first process of a PID namespace, with the files of the ConfigMap. Only their folder is another one. Needs root.
 */
export class Pods {
  readonly #files: string;
  readonly #command: readonly string[];
  readonly #started: ChildProcess[] = [];

  constructor(
    ejected: Ejected,
    readonly folder: string,
    readonly environment: Readonly<Record<string, string>>,
  ) {
    this.#files = join(folder, "config-map");
    mkdirSync(this.#files, { recursive: true });
    const manifests = parseAllDocuments(ejected.text("job.yaml") ?? "").map((each) => each.toJS() as Manifest);
    const moved = (text: string) => text.replaceAll(mounted, this.#files);
    for (const [name, text] of Object.entries(manifests[0]?.data ?? {}))
      writeFileSync(join(this.#files, name), moved(text));
    const command = manifests[1]?.spec.tasks[0]?.template.spec.containers[0]?.command ?? [];
    this.#command = command.map(moved);
  }

  start(index = 0): Pod {
    const path = join(this.folder, `pod-${index}.log`);
    const log = openSync(path, "a");
    const inside = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    const child = spawn("unshare", [...inside, ...this.#command], {
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...this.environment, VC_TASK_INDEX: String(index), VC_WORKER_HOSTS: "127.0.0.1,127.0.0.1" },
    });
    closeSync(log);
    this.#started.push(child);
    return new Pod(child, path);
  }

  end(): void {
    for (const child of this.#started) child.kill("SIGKILL");
  }
}

export class Pod {
  readonly ended: Promise<readonly [code: number | null, signal: string | null]>;

  constructor(
    readonly unshare: ChildProcess,
    readonly log: string,
  ) {
    this.ended = once(unshare, "exit") as Promise<[number | null, string | null]>;
  }

  /** What the kubelet does to the main process at an eviction. */
  signal(name: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.unshare;
    const main = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());
    process.kill(main, name);
  }

  said(): string {
    return readFileSync(this.log, "utf8");
  }
}
