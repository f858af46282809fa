import { describe, expect, test } from "vitest";
import type { Mesh } from "../../../src/model/layout/mesh.js";
import { usedMesh } from "../../../src/model/layout/mesh.js";
import { blockOf, groupOf, type MeshAxis, placeOf } from "../../../src/plan/estimate/ranks.js";

const mesh: Mesh = {
  dataParallel: 2,
  tensorParallel: 2,
  pipelineStages: 3,
  contextParallel: 4,
  expertParallel: 8,
  semiAuto: true,
};
const ranks = Array.from({ length: 48 }, (_, rank) => rank);
const axes: MeshAxis[] = ["stage", "data", "context", "tensor", "expert"];

describe("where a rank stands", () => {
  test("stages take consecutive ranks; inside, data runs slowest, then context, and tensor fastest", () => {
    expect(placeOf(13, mesh, 8)).toEqual({
      rank: 13,
      node: 1,
      device: 5,
      stage: 0,
      data: 1,
      context: 2,
      tensor: 1,
      expert: 5,
    });
    expect(placeOf(16, mesh, 8)).toMatchObject({ stage: 1, data: 0, context: 0, tensor: 0, expert: 0 });
  });

  test("every rank has a place of its own, and the formula gives the rank back", () => {
    for (const rank of ranks) {
      const { stage, data, context, tensor } = placeOf(rank, mesh, 8);
      expect(((stage * 2 + data) * 4 + context) * 2 + tensor).toBe(rank);
    }
  });

  test("in data-parallel mode every device is a data-parallel one, whatever parallel_config says", () => {
    expect(usedMesh({ ...mesh, semiAuto: false }, 6)).toMatchObject({
      dataParallel: 6,
      tensorParallel: 1,
      pipelineStages: 1,
    });
    expect(usedMesh(mesh, 48)).toBe(mesh);
  });
});

describe("groups of ranks", () => {
  test.each<[MeshAxis, number[]]>([
    ["tensor", [28, 29]],
    ["context", [25, 27, 29, 31]],
    ["data", [21, 29]],
    ["expert", [24, 25, 26, 27, 28, 29, 30, 31]],
    ["stage", [13, 29, 45]],
  ])("rank 29 along %s", (axis, group) => {
    expect(groupOf(29, axis, mesh)).toEqual(group);
  });

  test.each(axes)("along %s every rank is in one group, which all its members name alike", (axis) => {
    for (const rank of ranks) {
      const group = groupOf(rank, axis, mesh);
      expect(group).toContain(rank);
      for (const other of group) expect(groupOf(other, axis, mesh)).toEqual(group);
    }
  });

  test.each<MeshAxis>(["tensor", "expert"])("ranks of one %s group have the same color, neighbors another", (axis) => {
    const block = (rank: number): number => blockOf(placeOf(rank, mesh, 8), axis, mesh);
    for (const rank of ranks) for (const other of groupOf(rank, axis, mesh)) expect(block(other)).toBe(block(rank));
    expect(new Set(ranks.map(block)).size).toBe(axis === "tensor" ? 24 : 6);
  });
});
