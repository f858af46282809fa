import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Mesh } from "../../../src/model/layout/mesh.js";
import { stageOfLayers } from "../../../src/model/layout/stages.js";
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

interface Pipeline {
  readonly layers: number;
  readonly stages: number;
  readonly blocks: number;
  readonly offset: unknown;
  readonly scheduler: string;
}

/** Every scheduler and shape of offset, right and wrong ones. */
function pipelines(): Pipeline[] {
  const list: Pipeline[] = [];
  for (const [layers, stages, blocks] of [
    [61, 8, 2],
    [16, 4, 1],
    [13, 4, 2],
    [62, 16, 1],
    [7, 3, 2],
    [3, 2, 1],
    [9, 2, 2],
  ] as const) {
    const left = layers % (stages * blocks);
    const row = (count: number) => Array.from({ length: stages }, (_, stage) => (stage < count ? 1 : 0));
    const offsets: unknown[] = [
      0,
      1,
      row(left),
      row(left).reverse(),
      [...row(left).slice(0, -1), -1],
      row(stages),
      [row(Math.min(left, stages)), row(Math.max(0, left - stages))],
      [
        row(stages),
        row(left - stages).map((more, stage) => (stage === stages - 1 ? left - 2 * stages + 1 : Math.max(more, 1))),
      ],
      [1],
    ];
    const schedulers = blocks === 2 ? ["1f1b", "seqpipe", "zero_bubble_v"] : ["1f1b"];
    for (const scheduler of schedulers)
      for (const offset of offsets) list.push({ layers, stages, blocks, offset, scheduler });
  }
  return list;
}

interface Answer {
  readonly groups: readonly (readonly Record<"context" | "data" | "optimizer" | "expert", number[]>[])[];
  readonly stages: readonly (readonly [number, number][] | null)[];
}

const folder = mkdtempSync(join(tmpdir(), "groups-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let answer: Answer;
beforeAll(async () => {
  const questions = join(folder, "questions.json");
  writeFileSync(questions, JSON.stringify({ meshes, pipelines: pipelines() }));
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

test("every layer gets MindFormers' stage and block, and an offset that MindFormers refuses gives none", () => {
  const ours = pipelines().map(
    ({ scheduler, ...rest }) =>
      stageOfLayers({ ...rest, backwards: scheduler === "zero_bubble_v" })?.map(({ stage, block }) => [stage, block]) ??
      null,
  );
  const theirs = answer.stages;
  expect(theirs.filter((stages) => stages !== null).length).toBeGreaterThan(25);
  expect(theirs.filter((stages) => stages === null).length).toBeGreaterThan(25);
  pipelines().forEach((pipeline, index) => {
    expect(ours[index], JSON.stringify(pipeline)).toEqual(theirs[index]);
  });
});
