import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Config } from "../../src/config/config.js";
import { openConfig } from "../../src/config/open.js";
import { markedProcesses } from "../../src/core/liveness/process-table.js";
import type { Cluster } from "../../src/plan/command/cluster.js";
import { planRun } from "../../src/plan/plan-run.js";
import type { RecoveryOptions } from "../../src/recover/decide/policy.js";
import { launchRun } from "../../src/run/launch/launch.js";
import type { NodeProcess } from "../../src/run/nodes/node.js";
import { localNodeOf } from "../../src/run/nodes/open/open-nodes.js";
import type { Run } from "../../src/run/run.js";
import { keepGraphs, takeGraphs } from "./compiled-graphs.js";
import { writeTokenFiles } from "./token-files.js";

/** One fault of the campaign's report. */
export interface FaultRow {
  readonly fault: string;
  readonly where: string;
  readonly found: string;
  readonly detectSeconds: number | undefined;
  readonly decided: string;
  readonly losses: string;
}

const loader = "train_dataset.data_loader";

/** A folder with data and runs of a very small model, and what a campaign does to them. */
export class FaultLab {
  readonly folder: string;
  readonly runs: string;
  readonly #launched: Run[] = [];
  readonly #graphs: string;
  /** The undisturbed run's losses by step. */
  #calm: readonly (readonly [number, number])[] = [];

  constructor(name: string, graphs: string) {
    this.folder = mkdtempSync(join(tmpdir(), `${name}-`));
    this.runs = join(this.folder, "runs");
    this.#graphs = graphs;
    mkdirSync(join(this.folder, "data"), { recursive: true });
    writeTokenFiles(this.prefix, { count: 2000, length: 65, vocabulary: 1000 });
    takeGraphs(graphs, this.runs);
  }

  get prefix(): string {
    return join(this.folder, "data", "tokens");
  }

  /** `steps` of 2 workers, a checkpoint after every `every`. */
  async config(steps = 80, every = 20): Promise<Config> {
    return (await openConfig("pretrain_deepseek3_tiny_cpu"))
      .set(`${loader}.config.data_path.1`, this.prefix)
      .set(`${loader}.sizes.0`, 2 * steps)
      .set(`${loader}.config.seq_length`, 64)
      .set("model.model_config.seq_length", 64)
      .set("model.model_config.vocab_size", 1000)
      .set("callbacks.2.save_checkpoint_steps", every);
  }

  async launch(
    name: string,
    options: {
      readonly recovery?: RecoveryOptions;
      readonly config?: Config;
      readonly cluster?: Cluster;
    } = {},
  ): Promise<Run> {
    const { recovery, config = await this.config(), cluster = { device: "CPU", devicesPerNode: 2 } } = options;
    const plan = await planRun(config, { cluster });
    const run = await launchRun(plan, { name, folder: this.runs, ...(recovery && { recovery }) });
    this.#launched.push(run);
    return run;
  }

  /** The undisturbed run, whose losses every healed run must have. */
  async calm(config?: Config): Promise<void> {
    const run = await this.launch("calm", { ...(config && { config }) });
    await run.wait({ timeout: "9m" });
    keepGraphs(this.#graphs, this.runs);
    this.#calm = await losses(run);
  }

  /** Fails unless the run and its resumes did every step with the losses of the undisturbed run, digit for digit. */
  async expectCalmLosses(...runs: readonly Run[]): Promise<void> {
    const all = await Promise.all(runs.map(losses));
    expect(all.flat()).toEqual(this.#calm);
  }

  /** Writes what became of a fault into the report, and checks that nothing of the run is left. */
  async close(run: Run, fault: string, where = "local"): Promise<void> {
    expect(await markedProcesses("MF_LAB_RUN_ID", run.description.id ?? "")).toEqual([]);
    const incidents = await run.incidents();
    const decisions = (await run.decisions()).filter(({ decision }) => decision !== "note");
    const same = JSON.stringify(await losses(run)) === JSON.stringify(this.#calm);
    const row: FaultRow = {
      ...{ fault, where },
      found: incidents.all.map(({ finding, cause, rank }) => `${finding} (${cause}) rank ${rank ?? "?"}`).join("; "),
      detectSeconds:
        incidents.all.length === 0 ? undefined : Math.max(...incidents.all.map(({ t1 }) => Math.round(t1 / 100) / 10)),
      decided: decisions
        .map(({ decision, fromStep }) => `${decision}${fromStep ? ` from ${fromStep}` : ""}`)
        .join(", "),
      losses: same ? "equal, all digits" : `${(await run.status()).state} at step ${(await run.status()).step}`,
    };
    const reports = join(import.meta.dirname, "..", "reports");
    mkdirSync(reports, { recursive: true });
    appendFileSync(join(reports, "faults.jsonl"), `${JSON.stringify(row)}\n`);
  }

  async end(): Promise<void> {
    for (const run of this.#launched) await run.stop({ graceful: false }).catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function losses(run: Run): Promise<(readonly [number, number])[]> {
  return (await run.steps()).map(({ step, loss }) => [step, loss] as const);
}

/** A living process of the run: of a rank, the scheduler, or msrun. */
export async function processOf(run: Run, role: NodeProcess["role"], rank?: number): Promise<number> {
  const node = localNodeOf(run.description, () => run.folder);
  const found = (await node.processes()).find(
    (each) => each.role === role && (rank === undefined || each.rank === rank),
  );
  if (!found) throw new Error(`no ${role} ${rank ?? ""}`);
  return found.pid;
}
