import { readdirSync, readFileSync } from "node:fs";

/** Processes below `pid`, parents before their children; none where there is no /proc. */
export function descendants(pid: number): number[] {
  const found: number[] = [];
  for (const child of children(pid)) found.push(child, ...descendants(child));
  return found;
}

/** Child processes of `pid`, in the order in which they were started as far as Linux tells. */
export function children(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  return list(tasks).flatMap((task) =>
    readText(`${tasks}/${task}/children`)
      .split(" ")
      .filter((text) => text !== "")
      .map(Number),
  );
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty for a file that is not there. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
