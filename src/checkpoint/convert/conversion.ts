import { localPath, requireArgument, requireCount, requirePath } from "../../core/arguments.js";
import { CheckpointError, type Issue } from "../../core/error.js";
import { freeSpace } from "../../core/files.js";
import { requireOptions } from "../../core/options/option-names.js";
import { formatBytes, formatCount, formatDuration } from "../../core/units.js";
import { displayKey, jupyterHost, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle, issuesBundle, joinBundles } from "../../view/sections.js";
import { openProgress } from "../../view/show.js";
import { issue } from "../read/points/finding.js";
import type { StoredPoint } from "../read/stored-point.js";
import { type OutputPlan, requireCkptTensors } from "./output-plan.js";
import { type RunPlanResult, requireFreeOutput, runPlan } from "./run-plan.js";

/** Forecast of what a conversion costs. */
export interface ConversionForecast {
  readonly files: number;
  readonly tensors: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Most bytes of tensors in memory at once. */
  readonly memory: number;
  /** Milliseconds at 300 MB/s, written once and read twice. */
  readonly duration: number;
  readonly freeDisk: number;
}

const bytesPerSecond = 300e6;

/**
 * A planned conversion: shows its forecast; `run()` carries it out. Calling `run()` again, also after a kill, is
 * safe: it continues, or finds everything done.
 *
 * @example
 * const checkpoint = await openCheckpoint("runs/first/output/checkpoint");
 * const conversion = await checkpoint.merge({ output: "merged", keep: "weights" });
 * conversion.forecast; // bytes to read and to write
 * await conversion.run();
 */
export class Conversion {
  readonly output: string;
  readonly forecast: ConversionForecast;
  /** Reasons not to run it (too little space), and what it leaves out. */
  readonly issues: readonly Issue[];
  readonly #stored: StoredPoint;
  readonly #plan: OutputPlan;

  /** @internal Conversions come from `checkpoint.merge`, `reshard`, `toHuggingFace`, and the like. */
  constructor(parts: unknown) {
    const { stored, plan, output, forecast } = parts as ConversionParts;
    this.output = output;
    this.forecast = forecast;
    this.#stored = stored;
    this.#plan = plan;
    this.issues = issuesOf(plan, output, forecast);
  }

  /**
   * Writes the files, reads every tensor again and compares checksums, then gives the folder its name. `signal`:
   * default the running cell's.
   * @throws CheckpointError CONVERT_OUTPUT_TAKEN, CONVERT_RUNNING, CONVERT_PROOF_FAILED; LabError FILE_UNWRITABLE on a
   * full disk.
   */
  async run(options: { readonly signal?: AbortSignal } = {}): Promise<ConversionResult> {
    requireOptions(options, "conversion.run", { names: ["signal"], example: "await conversion.run()" });
    const started = Date.now();
    const { bytesWritten } = this.forecast;
    const total = Math.ceil((2 * bytesWritten) / 1024 ** 2);
    const progress = total > 256 ? openProgress({ title: this.#plan.title, total, unit: "MB" }) : undefined;
    try {
      const result = await runPlan({
        stored: this.#stored,
        plan: this.#plan,
        output: this.output,
        signal: options.signal ?? jupyterHost()?.signal,
        onProgress: (bytes) => progress?.update(Math.floor(bytes / 1024 ** 2)),
      });
      const facts = { ...result, milliseconds: Date.now() - started };
      const remarks = this.issues.filter(({ rule }) => rule === "conversion-remark");
      return new ConversionResult(this.#plan, this.output, { facts, issues: remarks });
    } finally {
      progress?.finish(`${this.#plan.title}: ${formatBytes(bytesWritten)}`);
    }
  }

  [displayKey](): MimeBundle {
    const { files, tensors, bytesRead, bytesWritten, memory, duration, freeDisk } = this.forecast;
    const facts: [string, string][] = [
      ["writes", `${formatCount(files, "file")}, ${formatCount(tensors, "tensor")}, ${formatBytes(bytesWritten)}`],
      ["reads", formatBytes(bytesRead)],
      ["memory", `${formatBytes(memory)} of tensors at once`],
      ["time", `about ${formatDuration(duration)} at 300 MB/s, proof included`],
      ["free disk", Number.isFinite(freeDisk) ? formatBytes(freeDisk) : "not known"],
      ["output", this.output],
      ["next", "await conversion.run()"],
    ];
    const bundle = factsBundle(`Forecast: ${this.#plan.title}`, facts);
    return this.issues.length === 0 ? bundle : joinBundles([bundle, issuesBundle(this.issues)]);
  }
}

interface ConversionParts {
  readonly stored: StoredPoint;
  readonly plan: OutputPlan;
  readonly output: string;
  readonly forecast: ConversionForecast;
}

function issuesOf({ remarks }: OutputPlan, output: string, { bytesWritten, freeDisk }: ConversionForecast): Issue[] {
  const issues = remarks.map((message) =>
    issue("advice", "conversion-remark", { path: output, message, hint: "look at the result's tensors()" }),
  );
  if (bytesWritten > freeDisk) {
    const message = `expected ${formatBytes(bytesWritten)} of free space, found ${formatBytes(freeDisk)}`;
    const hint = "free space, or choose an output on another disk";
    issues.unshift(issue("error", "conversion-disk", { path: output, message, hint }));
  }
  return issues;
}

/** Figures of a finished conversion. */
export interface ConversionFacts extends RunPlanResult {
  readonly milliseconds: number;
}

/**
 * A finished conversion: every tensor was read again and equals what was written.
 *
 * @example
 * const checkpoint = await openCheckpoint("runs/first/output/checkpoint");
 * const result = await (await checkpoint.merge({ output: "merged" })).run();
 * result.output; // folder of the new files
 */
export class ConversionResult {
  readonly output: string;
  readonly facts: ConversionFacts;
  /** What the files lack, and what another program reads differently in them. */
  readonly issues: readonly Issue[];
  readonly #title: string;
  readonly #strategy: string | undefined;

  constructor(plan: unknown, output: string, found: Pick<ConversionResult, "facts" | "issues">) {
    const { title, strategy } = plan as OutputPlan;
    this.#title = title;
    this.#strategy = strategy;
    this.output = output;
    this.facts = found.facts;
    this.issues = found.issues;
  }

  [displayKey](): MimeBundle {
    const { files, tensors, bytes, resumed, unchanged, milliseconds } = this.facts;
    const size = `${formatCount(files, "file")}, ${formatCount(tensors, "tensor")}, ${formatBytes(bytes)}`;
    const bundle = factsBundle(`Done: ${this.#title}`, [
      ["result", unchanged ? `already there: ${size}` : size],
      ["proof", unchanged ? "made by an earlier run" : "every tensor was read again; all checksums agree"],
      ...(resumed > 0 ? [["resumed", `${formatCount(resumed, "file")} of an earlier run`] as const] : []),
      ["time", formatDuration(milliseconds)],
      ["output", this.output],
      ["next", `await openCheckpoint(${JSON.stringify(this.output)}${this.#options()})`],
    ]);
    return this.issues.length === 0 ? bundle : joinBundles([bundle, issuesBundle(this.issues)]);
  }

  /** What opens the slices of the output. */
  #options(): string {
    return this.#strategy === undefined ? "" : `, { strategy: ${JSON.stringify(this.#strategy)} }`;
  }
}

/** What every conversion is asked for. */
interface ConversionRequest {
  readonly output: string;
  readonly keep?: string;
  readonly fileBytes?: number;
}

const hugging = ["config", "tokenizer", "fileBytes"];

/** Options of the conversions besides the output. */
const optionNames = {
  merge: ["fileBytes", "keep", "match"],
  reshard: [
    "strategy",
    "prefix",
    "format",
    "keep",
    "match",
    "tp",
    "pp",
    "dp",
    "ep",
    "optimizerShards",
    "layersPerStage",
  ],
  toSafetensors: ["keep", "match"],
  toCkpt: ["keep", "match"],
  removeRedundancy: ["keep", "match"],
  toHuggingFace: hugging,
  fromHuggingFace: hugging,
} as const;

type PlanOf<Request> = (stored: StoredPoint, options: Request) => Promise<OutputPlan>;

/**
 * A plan with its forecast.
 * @throws CheckpointError CHECKPOINT_NONE if the plan writes nothing, CONVERT_OUTPUT_TAKEN; LabError ARGUMENT_INVALID
 * without a folder.
 */
export async function conversionOf<Request extends ConversionRequest>(
  { stored, call }: { readonly stored: StoredPoint; readonly call: keyof typeof optionNames },
  options: Request,
  planOf: PlanOf<Request>,
): Promise<Conversion> {
  const place = outputOf(call, options);
  const plan = await planOf(stored, options);
  requireCkptTensors(plan);
  await requireFreeOutput({ stored, plan, output: place });
  const tensors = plan.files.flatMap((file) => file.tensors);
  if (tensors.length === 0) {
    throw new CheckpointError("CHECKPOINT_NONE", `${plan.title}: expected tensors to write, found none`, {
      hint: "await checkpoint.tensors() shows what there is",
    });
  }
  const sum = (value: (tensor: (typeof tensors)[number]) => number) =>
    tensors.reduce((total, tensor) => total + value(tensor), 0);
  const bytesWritten = sum(({ bytes }) => bytes);
  const bytesRead = sum(({ reads }) => reads);
  const forecast = {
    files: plan.files.length + plan.notes.length,
    tensors: tensors.length,
    bytesRead,
    bytesWritten,
    memory: tensors.reduce((most, { memory }) => Math.max(most, memory), 0),
    duration: ((bytesRead + 2 * bytesWritten) / bytesPerSecond) * 1000,
    freeDisk: await freeSpace(place),
  };
  return new Conversion({ stored, plan, output: place, forecast });
}

function outputOf(method: keyof typeof optionNames, options: ConversionRequest | undefined): string {
  const call = `checkpoint.${method}`;
  const exampleOf = (option: string) => `await ${call}({ ${option} })`;
  const example = exampleOf('output: "converted"');
  requireOptions(options, call, { names: ["output", ...optionNames[method]], example });
  const { output, fileBytes, keep }: Partial<ConversionRequest> = options ?? {};
  requirePath(output, `${call}, output`, example);
  requireCount(fileBytes, `${call}, fileBytes`, exampleOf('output: "converted", fileBytes: 5e9'));
  requireArgument(keep === undefined || keep === "weights" || keep === "everything", {
    ...{ call: `${call}, keep`, expected: '"weights" or "everything"', found: keep },
    example: exampleOf('output: "converted", keep: "weights"'),
  });
  return localPath(output, `${call}, output`, example);
}
