import { expect, it } from "vitest";
import { circlesOf, fileGraph, folderGraph } from "./circles.js";
import { type Source, sourcesIn } from "./sources.js";

const files = fileGraph([...sourcesIn("src"), ...sourcesIn("kernel")]);
const circles = [...circlesOf(files), ...circlesOf(folderGraph(files))];
it("no import circle between files or between folders, of types neither", () => {
  expect(circles.map(({ message }) => message)).toEqual([]);
});

const file = (path: string, ...imports: string[]): Source => ({
  path,
  text: imports.map((target) => `import type { A } from "${target}";\n`).join(""),
});

it("finds a circle of files that import each other's types only, and names the way out", () => {
  const planted = [
    file("src/a/one.ts", "./two.js"),
    file("src/a/two.ts", "./three.js", "../b/free.js"),
    file("src/a/three.ts", "./one.js"),
    file("src/b/free.ts"),
  ];
  const found = circlesOf(fileGraph(planted));
  expect(found.map(({ members }) => members)).toEqual([["src/a/one.ts", "src/a/three.ts", "src/a/two.ts"]]);
  expect(found[0]?.message).toContain("src/a/one.ts → src/a/two.ts → src/a/three.ts → src/a/one.ts");
  expect(found[0]?.message).toContain("Way out: move what both sides use");
});

it("finds a circle of folders where no files form one, also between a folder and the folder below it", () => {
  const planted = [
    file("src/a/one.ts", "./below/two.js"),
    file("src/a/free.ts"),
    file("src/a/below/two.ts"),
    file("src/a/below/three.ts", "../free.js"),
  ];
  const graph = fileGraph(planted);
  expect(circlesOf(graph)).toEqual([]);
  const [circle] = circlesOf(folderGraph(graph));
  expect(circle?.members).toEqual(["src/a", "src/a/below"]);
  expect(circle?.message).toContain("Weakest link: src/a/one.ts imports src/a/below/two.ts");
});

it("a chain of imports is no circle", () => {
  const chain = [file("src/a/one.ts", "../b/two.js"), file("src/b/two.ts", "../c/three.js"), file("src/c/three.ts")];
  expect([...circlesOf(fileGraph(chain)), ...circlesOf(folderGraph(fileGraph(chain)))]).toEqual([]);
});
