/** What is known of a saved point. */
export interface CheckpointCandidate {
  readonly step: number;
  /** Every rank has a readable file of the same step. */
  readonly complete: boolean;
  /** Why not. */
  readonly problem?: string | undefined;
  /** False if its bytes differ from its seal; undefined if it has none. */
  readonly sealed?: boolean | undefined;
  /** False if MindFormers' health file says so; undefined if it says nothing. */
  readonly healthy?: boolean | undefined;
  /** Milliseconds since the epoch. */
  readonly savedAt: number;
}

export interface CheckpointChoice<T extends CheckpointCandidate> {
  /** Undefined if none will do: the run starts from the beginning, or stops. */
  readonly chosen: T | undefined;
  /** The newer ones that were passed over, with the reason. */
  readonly rejected: readonly { readonly step: number; readonly reason: string }[];
}

export interface CheckpointNeeds {
  /** No later step. */
  readonly notAfterStep?: number | undefined;
  /** If none is so old, the oldest good one before this step. */
  readonly beforeStep?: number | undefined;
  /** The first step whose loss was bad; what was saved at it or later carries the damage. */
  readonly badFromStep?: number | undefined;
}

/**
 * The newest checkpoint that is complete on every rank, has the bytes of its seal and is healthy. MindFormers' own
 * choice is not used: its health filter runs only when there is nothing to filter.
 */
export function chooseCheckpoint<T extends CheckpointCandidate>(
  candidates: readonly T[],
  needs: CheckpointNeeds = {},
): CheckpointChoice<T> {
  const { notAfterStep = Number.POSITIVE_INFINITY, badFromStep = Number.POSITIVE_INFINITY } = needs;
  const rejected: { step: number; reason: string }[] = [];
  const newestFirst = [...candidates].sort((a, b) => b.step - a.step || b.savedAt - a.savedAt);
  for (const candidate of newestFirst) {
    const reason = reasonAgainst(candidate, notAfterStep, badFromStep);
    if (reason === undefined) return { chosen: candidate, rejected };
    rejected.push({ step: candidate.step, reason });
  }
  const { beforeStep = Number.NEGATIVE_INFINITY } = needs;
  const limit = beforeStep - 1;
  const oldest = newestFirst.findLast((candidate) => reasonAgainst(candidate, limit, badFromStep) === undefined);
  return { chosen: oldest, rejected: rejected.filter(({ step }) => step !== oldest?.step) };
}

function reasonAgainst(candidate: CheckpointCandidate, notAfterStep: number, badFromStep: number): string | undefined {
  if (candidate.step >= badFromStep) return `saved at or after step ${badFromStep}, where the loss went bad`;
  if (candidate.step > notAfterStep) return `after step ${notAfterStep}`;
  if (!candidate.complete) return candidate.problem ?? "not complete on every rank";
  if (candidate.sealed === false) return "its bytes differ from its seal";
  if (candidate.healthy === false) return "MindFormers' health file calls it unhealthy";
  return undefined;
}

/**
 * Health by file name from MindFormers' `health_ckpts.json`: `[{ "is_health": 0 | 1, "ckpt_name": … }]`, where 1 means
 * bad.
 */
export function parseHealthFile(text: string): ReadonlyMap<string, boolean> {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    return new Map();
  }
  if (!Array.isArray(rows)) return new Map();
  return new Map(
    rows
      .filter((row): row is { is_health: unknown; ckpt_name: string } => typeof row?.ckpt_name === "string")
      .map((row) => [row.ckpt_name, row.is_health === 0]),
  );
}
