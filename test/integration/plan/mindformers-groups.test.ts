import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Mesh } from "../../../src/model/layout/mesh.js";
import { groupOf } from "../../../src/plan/estimate/ranks.js";
import { runPython } from "../../support/project-python.js";

const meshes = [
  { dp: 4, tp: 8, cp: 1, pp: 8, ep: 32 },
  { dp: 16, tp: 4, cp: 1, pp: 16, ep: 8 },
  { dp: 2, tp: 2, cp: 4, pp: 3, ep: 8 },
  { dp: 3, tp: 1, cp: 2, pp: 2, ep: 3 },
  { dp: 1, tp: 1, cp: 1, pp: 16, ep: 1 },
  { dp: 2, tp: 2, cp: 1, pp: 2, ep: 2 },
];

interface Answer {
  readonly groups: readonly (readonly Record<"context" | "data" | "optimizer" | "expert", number[]>[])[];
}

const folder = mkdtempSync(join(tmpdir(), "groups-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let answer: Answer;
beforeAll(async () => {
  const questions = join(folder, "questions.json");
  writeFileSync(questions, JSON.stringify({ meshes }));
  answer = await runPython<Answer>("integration/plan/groups.py", [questions], folder);
});

test.each(meshes.map((mesh, index) => ({ ...mesh, index })))(
  "MindFormers' groups of dp $dp, tp $tp, cp $cp, pp $pp, ep $ep are ours, for every rank",
  ({ dp, tp, cp, pp, ep, index }) => {
    const mesh: Mesh = {
      dataParallel: dp,
      tensorParallel: tp,
      contextParallel: cp,
      pipelineStages: pp,
      expertParallel: ep,
      semiAuto: true,
    };
    const theirs = answer.groups[index] ?? [];
    expect(theirs).toHaveLength(dp * tp * cp * pp);
    theirs.forEach((groups, rank) => {
      expect(groupOf(rank, "context", mesh)).toEqual(groups.context);
      expect(groupOf(rank, "data", mesh)).toEqual(groups.data);
      expect(groupOf(rank, "data", mesh)).toEqual(groups.optimizer);
      expect(groupOf(rank, "expert", mesh)).toEqual(groups.expert);
    });
  },
);
