import type { WorkedOutChange } from "./change.js";
import type { GradedDifference } from "./config-differences.js";

/** One rank's part of the checkpoint, as its header says. */
export interface RankFacts {
  readonly rank: number;
  /** Why its file cannot be used. */
  readonly problem?: string | undefined;
  readonly weights: number;
  /** Tensors of the optimizer (Adam's moments). */
  readonly optimizer: number;
  readonly step?: number | undefined;
  readonly epoch?: number | undefined;
  readonly lossScale?: number | undefined;
  readonly globalBatch?: number | undefined;
}

/** Everything that a resume depends on. */
export interface ResumeFacts {
  readonly step: number;
  readonly ranks: readonly RankFacts[];
  /** Ranks that must have a file. */
  readonly expectedRanks: number;
  readonly sealed?: boolean | undefined;
  readonly healthy?: boolean | undefined;
  /** First step whose loss was bad, if any was. */
  readonly badFromStep?: number | undefined;
  readonly totalSteps?: number | undefined;
  readonly change: WorkedOutChange;
  readonly workers: { readonly saved: number; readonly wanted: number; readonly problem?: string | undefined };
  readonly differences: readonly GradedDifference[];
  readonly versions: readonly { readonly name: string; readonly was: string; readonly now: string }[];
  /** The configuration leaves the data position alone (`ignore_data_skip`). */
  readonly ignoresDataPosition: boolean;
}

/** `green`: proved. `yellow`: allowed, but look at it. `red`: refused. */
export type Verdict = "green" | "yellow" | "red";

/** One check of a certificate. */
export interface CertificateCheck {
  readonly what: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do about a red check. */
  readonly hint?: string;
}

/** What was checked of a checkpoint before a run continues from it. */
export interface Certificate {
  readonly step: number;
  /** The worst of the checks. */
  readonly verdict: Verdict;
  readonly checks: readonly CertificateCheck[];
}

const otherPoint = "choose another one: resumeRun(run, { from: checkpoints.at(…) })";

function ranksCheck({ ranks, expectedRanks, workers }: ResumeFacts): CertificateCheck {
  const what = "ranks";
  const have = new Set(ranks.filter(({ problem }) => problem === undefined).map(({ rank }) => rank));
  const missing = Array.from({ length: expectedRanks }, (_, rank) => rank).filter((rank) => !have.has(rank));
  const broken = ranks.find(({ problem }) => problem !== undefined);
  if (broken) return { what, verdict: "red", found: `rank ${broken.rank}: ${broken.problem}`, hint: otherPoint };
  if (missing.length > 0) {
    const listed = missing.slice(0, 20).join(", ");
    return { what, verdict: "red", found: `no file of rank ${listed}`, hint: otherPoint };
  }
  if (workers.problem)
    return { what, verdict: "red", found: workers.problem, hint: `resume with ${workers.saved} workers` };
  const found =
    workers.saved === workers.wanted
      ? `a readable file of each of ${expectedRanks} ranks`
      : `${workers.saved} → ${workers.wanted} workers: all hold the same values`;
  return { what, verdict: "green", found };
}

/** All ranks must say the same; `read` gives undefined where a file says nothing. */
function agreement(
  what: string,
  ranks: readonly RankFacts[],
  read: (rank: RankFacts) => number | undefined,
): CertificateCheck {
  const values = new Map<number | undefined, number[]>();
  for (const rank of ranks) {
    const value = read(rank);
    values.set(value, [...(values.get(value) ?? []), rank.rank]);
  }
  const [first, second] = [...values];
  if (first === undefined) return { what, verdict: "red", found: "no rank has any", hint: otherPoint };
  if (second !== undefined) {
    const found = `rank ${first[1][0]} says ${first[0]}, rank ${second[1][0]} says ${second[0]}`;
    return { what, verdict: "red", found, hint: otherPoint };
  }
  if (first[0] === undefined) return { what, verdict: "yellow", found: "the files do not say" };
  return { what, verdict: "green", found: String(first[0]) };
}

function tensorsCheck({ ranks, workers }: ResumeFacts): CertificateCheck[] {
  const bare = ranks.find(({ optimizer }) => optimizer === 0);
  const weights: CertificateCheck = agreement("weights", ranks, ({ weights }) => weights);
  const empty = ranks.find((rank) => rank.weights === 0);
  const split = weights.verdict === "red" && workers.saved === workers.wanted && empty === undefined;
  return [
    empty
      ? { what: "weights", verdict: "red", found: `rank ${empty.rank} has no weights`, hint: otherPoint }
      : split
        ? { what: "weights", verdict: "green", found: "on every rank, different numbers of tensors (pipeline stages)" }
        : { ...weights, found: weights.verdict === "green" ? `${weights.found} tensors on every rank` : weights.found },
    bare
      ? {
          what: "optimizer",
          verdict: "red",
          found: `rank ${bare.rank} has no optimizer state: Adam would start cold`,
          hint: otherPoint,
        }
      : { what: "optimizer", verdict: "green", found: "state on every rank" },
  ];
}

function positionCheck({ change, ignoresDataPosition, totalSteps }: ResumeFacts): CertificateCheck {
  const what = "data position";
  if (ignoresDataPosition)
    return { what, verdict: "yellow", found: "ignore_data_skip: the data starts from its beginning" };
  if (change.seenTwice > 0)
    return {
      what,
      verdict: "red",
      found: `${change.arithmetic}: MindFormers would train on ${change.seenTwice} samples twice`,
      hint: `choose a checkpoint whose step is a multiple of ${change.exactEvery}, or keep the global batch`,
    };
  if (totalSteps !== undefined && change.initialStep >= totalSteps)
    return {
      what,
      verdict: "red",
      found: `step ${change.initialStep} of ${totalSteps}: nothing is left to do`,
      hint: 'set: { "runner_config.epochs": … }',
    };
  return { what, verdict: "green", found: change.arithmetic };
}

function healthCheck({ sealed, healthy, badFromStep, step }: ResumeFacts): CertificateCheck {
  const what = "health";
  const red = (found: string): CertificateCheck => ({ what, verdict: "red", found, hint: otherPoint });
  if (badFromStep !== undefined && step >= badFromStep) return red(`the loss was bad from step ${badFromStep} on`);
  if (healthy === false) return red("MindFormers' health file calls it unhealthy");
  if (sealed === false) return red("its bytes differ from its seal");
  const seal = sealed === undefined ? "no seal" : "bytes as sealed";
  return { what, verdict: "green", found: `saved before any bad loss, ${seal}` };
}

function configChecks({ differences, versions }: ResumeFacts): CertificateCheck[] {
  const show = (value: unknown): string => JSON.stringify(value) ?? "nothing";
  const line = ({ path, was, now, why }: GradedDifference) => `${path}: ${show(was)} → ${show(now)} (${why})`;
  const forbidden = differences.filter(({ grade }) => grade === "forbidden");
  const suspicious = differences.filter(({ grade }) => grade === "suspicious");
  const verdict: Verdict = forbidden.length > 0 ? "red" : suspicious.length > 0 ? "yellow" : "green";
  const shown = forbidden.length > 0 ? forbidden : suspicious;
  const found =
    shown.length > 0
      ? shown.map(line).join("\n")
      : differences.length > 0
        ? `${differences.length} harmless differences`
        : "no difference";
  const changed = versions.filter(({ was, now }) => was !== now);
  return [
    {
      what: "configuration",
      verdict,
      found,
      ...(verdict === "red" && { hint: "undo the change, or start a new training" }),
    },
    changed.length > 0
      ? {
          what: "versions",
          verdict: "yellow",
          found: changed.map(({ name, was, now }) => `${name} ${was} → ${now}`).join(", "),
        }
      : { what: "versions", verdict: "green", found: "unchanged" },
  ];
}

const order: readonly Verdict[] = ["green", "yellow", "red"];

/** Examines whether a resume is right before anything starts: green, yellow, or red with the reason and the way out. */
export function certify(facts: ResumeFacts): Certificate {
  const { ranks } = facts;
  const usable = ranks.filter(({ problem }) => problem === undefined);
  const steps = agreement("step", usable, (rank) => rank.step);
  const wrongStep = steps.verdict === "green" && Number(steps.found) !== facts.step;
  const checks = [
    ranksCheck(facts),
    ...tensorsCheck({ ...facts, ranks: usable }),
    wrongStep
      ? {
          ...steps,
          verdict: "red" as const,
          found: `the files say ${steps.found}, expected ${facts.step}`,
          hint: otherPoint,
        }
      : steps,
    agreement("epoch", usable, (rank) => rank.epoch),
    agreement("loss scale", usable, (rank) => rank.lossScale),
    agreement("global batch", usable, (rank) => rank.globalBatch),
    positionCheck(facts),
    healthCheck(facts),
    ...configChecks(facts),
  ];
  const verdict = order[Math.max(...checks.map((check) => order.indexOf(check.verdict)))] ?? "red";
  return { step: facts.step, verdict, checks };
}
