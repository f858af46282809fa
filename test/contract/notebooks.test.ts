import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { joined, readNotebook } from "../support/notebook.js";

const folder = join(packageRoot(), "notebooks");
const names = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));

it.each(names)(
  "%s is stored without outputs, for our kernel, with a cell tagged parameters, and begins with a title",
  (name) => {
    const { cells, metadata } = readNotebook(join(folder, name));
    expect(metadata.kernelspec?.name).toBe("mindformers-lab");
    expect(metadata.kernelspec?.language).toBe("typescript");
    for (const cell of cells.filter((candidate) => candidate.cell_type === "code")) {
      expect(cell.outputs).toEqual([]);
      expect(cell.execution_count).toBeNull();
    }
    expect(cells.filter((cell) => cell.metadata.tags?.includes("parameters"))).toHaveLength(1);
    expect(joined(cells[0]?.source)).toMatch(/^# \S/);
  },
);

it.each(names)(
  "%s has lines of code that JupyterLab shows whole beside its side bar: at most 88 characters",
  (name) => {
    const { cells } = readNotebook(join(folder, name));
    const lines = cells.filter((cell) => cell.cell_type === "code").flatMap((cell) => joined(cell.source).split("\n"));
    expect(lines.filter((line) => line.length > 88)).toEqual([]);
  },
);
