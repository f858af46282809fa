import type { FollowRequest, RunNode } from "../../nodes/node.js";
import type { LogPortion } from "./attempt-logs.js";

const mostBytes = 1 << 20;
const tailBytes = 1 << 16;

/** Hands over the lines of a node's logs as they are written, until the request's signal fires. */
export async function followNode(
  node: RunNode,
  request: FollowRequest,
  accept: (portions: readonly LogPortion[]) => Promise<void>,
): Promise<void> {
  for await (const portions of node.follow(request)) await accept(portions);
}

/** Reads what the files hold beyond the offsets; a last line without its end counts, as nobody writes any more. */
export async function catchUp(
  node: Pick<RunNode, "list" | "read">,
  from: { readonly pattern: string; readonly offsets: Readonly<Record<string, number>> },
  accept: (portions: readonly LogPortion[]) => Promise<void>,
): Promise<void> {
  for (const { path, size } of await node.list(from.pattern)) {
    let offset = from.offsets[path] ?? 0;
    while (offset < size) {
      const bytes = await node.read(path, { offset, length: mostBytes });
      if (!bytes || bytes.length === 0) break;
      const last = offset + bytes.length >= size;
      const end = last ? bytes.length : Buffer.from(bytes).lastIndexOf(0x0a) + 1 || bytes.length;
      const lines = Buffer.from(bytes.subarray(0, end)).toString("utf8").split(/\r?\n/);
      if (lines.at(-1) === "") lines.pop();
      offset += end;
      await accept([{ path, lines, offset }]);
    }
  }
}

/** The last lines of a file on a node, from its last 64 KiB; none if there is no such file. */
export async function tailOf(node: Pick<RunNode, "list" | "read">, path: string, count: number): Promise<string[]> {
  const [found] = await node.list(path);
  if (found === undefined) return [];
  const offset = Math.max(0, found.size - tailBytes);
  const bytes = await node.read(path, { offset, length: tailBytes });
  const lines = Buffer.from(bytes ?? [])
    .toString("utf8")
    .split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.slice(offset > 0 ? 1 : 0).slice(-count);
}
