import type { Checkpoint } from "../../checkpoint/open/checkpoint.js";
import type { RankFacts } from "../../recover/certificate/certificate.js";

/** Ranks whose tensors are counted; of more, these stand for all. */
const countedRanks = 16;

/** What the headers of a checkpoint's files say, rank by rank. */
export async function rankFacts(point: Checkpoint): Promise<readonly RankFacts[]> {
  const problems = new Map(point.issues.map(({ path, message }) => [path, message]));
  const { step, epoch, hyperParameters } = point;
  const step_ = step < 0 ? undefined : step;
  const facts: RankFacts[] = [];
  let counts = { weights: 1, optimizer: 1 };
  for (const [index, rank] of point.ranks.entries()) {
    const own = point.files.filter((file) => file.rank === rank);
    const problem = own.map(({ path }) => problems.get(path)).find((found) => found !== undefined);
    if (problem === undefined && index < countedRanks) {
      const kinds = [...(await point.tensors({ rank }))].map(({ kind }) => kind);
      counts = {
        weights: kinds.filter((kind) => kind === "weight").length,
        optimizer: kinds.filter((kind) => kind === "optimizer").length,
      };
    }
    facts.push({
      rank,
      problem,
      ...counts,
      step: step_,
      epoch,
      lossScale: hyperParameters.lossScale,
      globalBatch: hyperParameters.globalBatchSize,
    });
  }
  return facts;
}
