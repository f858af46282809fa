import { dirname } from "node:path";
import { importsOf, type Source } from "./sources.js";

/** Who imports whom: a file or folder, then each that it imports with the imports that say so. */
export type ImportGraph = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

export interface Circle {
  /** Every file or folder that reaches itself through the others, sorted. */
  readonly members: readonly string[];
  /** What is wrong and the way out. */
  readonly message: string;
}

/** Imports between files, of types too. */
export function fileGraph(sources: readonly Source[]): ImportGraph {
  const known = new Set(sources.map(({ path }) => path));
  return new Map(
    sources.map((source) => {
      const targets = importsOf(source).map(({ target }) => target);
      const inside = targets.filter((target) => known.has(target));
      return [source.path, new Map(inside.map((target) => [target, [`${source.path} imports ${target}`]]))];
    }),
  );
}

/** Imports between folders. A folder is the files that lie directly in it; a folder below it is another one. */
export function folderGraph(files: ImportGraph): ImportGraph {
  const folders = new Map<string, Map<string, string[]>>();
  for (const [file, targets] of files) {
    const from = dirname(file);
    const imports = folders.get(from) ?? new Map<string, string[]>();
    folders.set(from, imports);
    for (const [target, lines] of targets) {
      const to = dirname(target);
      if (to !== from) imports.set(to, [...(imports.get(to) ?? []), ...lines]);
    }
  }
  return folders;
}

/** Every circle of a graph, each once, with the way out. */
export function circlesOf(graph: ImportGraph): Circle[] {
  const reach = new Map([...graph.keys()].map((node) => [node, reachable(graph, node)]));
  const left = new Set([...graph.keys()].filter((node) => reach.get(node)?.has(node)));
  const circles: Circle[] = [];
  for (const node of left) {
    const members = [...left].filter((other) => reach.get(node)?.has(other) && reach.get(other)?.has(node)).sort();
    for (const member of members) left.delete(member);
    circles.push({ members, message: wayOut(graph, members) });
  }
  return circles;
}

function reachable(graph: ImportGraph, start: string): Set<string> {
  const found = new Set<string>();
  const waiting = [start];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const next of graph.get(node)?.keys() ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      waiting.push(next);
    }
  }
  return found;
}

/** The shortest circle through the first member and its weakest link. */
function wayOut(graph: ImportGraph, members: readonly string[]): string {
  const path = shortestCircle(graph, members);
  const links = path.slice(1).map((to, index) => graph.get(path[index] as string)?.get(to) ?? []);
  const weakest = links.reduce((best, link) => (link.length < best.length ? link : best));
  return [
    `Import circle of ${members.length}: ${path.join(" → ")}`,
    `  Weakest link: ${weakest.slice(0, 5).join("; ")}${weakest.length > 5 ? `; and ${weakest.length - 5} more` : ""}`,
    "  Way out: move what both sides use to a file or folder that imports neither,",
    "  or let the lower side take a value or a function as a parameter instead of importing the upper side.",
    `  Members: ${members.join(", ")}`,
  ].join("\n");
}

function shortestCircle(graph: ImportGraph, members: readonly string[]): string[] {
  const inside = new Set(members);
  const circles = members.flatMap((start) => {
    const paths: string[][] = [[start]];
    const seen = new Set<string>();
    for (let path = paths.shift(); path; path = paths.shift()) {
      for (const next of graph.get(path.at(-1) as string)?.keys() ?? []) {
        if (next === start) return [[...path, next]];
        if (!inside.has(next) || seen.has(next)) continue;
        seen.add(next);
        paths.push([...path, next]);
      }
    }
    return [];
  });
  return circles.reduce((best, circle) => (circle.length < best.length ? circle : best));
}
