import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { processesLike } from "../../../src/core/liveness/process-table.js";
import { builtFile, packageRoot } from "../../../src/core/package-root.js";
import { WireClient } from "../../support/wire-client.js";

// Copies of the compiled kernel without a snapshot, so that the one in use stays out of it.
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "background-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Copy {
  readonly root: string;
  readonly program: string;
  /** Where its snapshot goes. */
  readonly evaluate: string;
  readonly place: string;
}

async function copyKernel(name: string): Promise<Copy> {
  const root = join(folder, name);
  const filter = (path: string): boolean => !/\.blob|\.d\.ts$/.test(path);
  cpSync(builtFile("kernel"), join(root, "dist/kernel"), { recursive: true, filter });
  cpSync(join(packageRoot(), "package.json"), join(root, "package.json"));
  symlinkSync(join(packageRoot(), "node_modules"), join(root, "node_modules"));
  const evaluate = join(root, "dist/kernel/evaluate");
  const { findSnapshot } = (await import(join(evaluate, "checker/snapshot/snapshot.js"))) as {
    findSnapshot(folders: readonly string[]): { readonly place: string };
  };
  return { root, program: join(root, "dist/kernel/main.js"), evaluate, place: findSnapshot([evaluate]).place };
}

/** Running processes with all of these texts in their command lines. */
async function processesWith(...texts: readonly string[]): Promise<number[]> {
  const found = await processesLike(/./);
  return found.filter(({ command }) => texts.every((text) => command.includes(text))).map(({ pid }) => pid);
}

async function until(test: () => Promise<boolean>): Promise<void> {
  while (!(await test())) await new Promise((done) => setTimeout(done, 20));
}

/** Nothing is read-only for root, unless it gives up that power. */
const powerless =
  process.getuid?.() === 0 ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"] : [];

const start = ({ program }: Copy, before: readonly string[] = []) =>
  WireClient.start({ evaluator: "built", program, before, environment: { XDG_CACHE_HOME: "/dev/null/none" } });

const sumOf = async (client: WireClient): Promise<unknown> => {
  const { iopub } = await client.execute("1 + 1");
  return iopub.find(({ type }) => type === "execute_result")?.content.data;
};

it("kernels that find no snapshot run without one, and of several that start at once one builds it for the next; where nothing can be written all is quiet", async () => {
  const [copy, locked] = [await copyKernel("writable"), await copyKernel("locked")];
  // Left by builders that were killed long ago.
  const left = [`${copy.place}.1.tmp`, `${copy.place}.1.tmp.cjs`, `${copy.place}.lock`];
  for (const file of left) writeFileSync(file, "half");
  for (const file of left) utimesSync(file, new Date(0), new Date(0));
  chmodSync(locked.evaluate, 0o555);
  const before = readdirSync(locked.evaluate);
  const clients = await Promise.all([start(copy), start(copy), start(locked, powerless)]);
  try {
    const builders = new Set<number>();
    let published = false;
    for (const client of clients) expect(await sumOf(client)).toEqual({ "text/plain": "2" });
    await until(async () => {
      const isThere = existsSync(copy.place);
      const running = await processesWith("--build-snapshot", copy.root);
      for (const pid of running) builders.add(pid);
      // The final name belongs to whole snapshots only.
      if (isThere && running.length > 0) published = true;
      return isThere && (await processesWith(join(copy.evaluate, "checker/snapshot/build.js"))).length === 0;
    });
    expect([builders.size, published]).toEqual([1, false]);
    expect(readdirSync(copy.evaluate).filter((name) => name.startsWith("checker-"))).toEqual([basename(copy.place)]);
    const next = await start(copy);
    clients.push(next);
    expect(await sumOf(next)).toEqual({ "text/plain": "2" });
    expect(await processesWith("--snapshot-blob", copy.place)).toHaveLength(1);
    expect(await processesWith("build", locked.root)).toEqual([]);
    expect(readdirSync(locked.evaluate)).toEqual(before);
    expect(clients.map(({ stderr }) => stderr.join(""))).toEqual(["", "", "", ""]);
  } finally {
    for (const client of clients) await client.stop();
    chmodSync(locked.evaluate, 0o755);
  }
}, 300_000);

it("a build that is killed half-way leaves nothing under the snapshot's name", async () => {
  const copy = await copyKernel("killed");
  const builder = spawn(process.execPath, [join(copy.evaluate, "checker/snapshot/build.js")], { stdio: "ignore" });
  const ended = new Promise((resolve) => builder.once("exit", (code, signal) => resolve(signal ?? code)));
  await until(async () => (await processesWith("--build-snapshot", copy.root)).length > 0);
  const [inner = 0] = await processesWith("--build-snapshot", copy.root);
  writeFileSync(`${copy.place}.${builder.pid}.tmp`, "half a snapshot");
  process.kill(inner, "SIGKILL");
  expect(await ended).toBe(1);
  // With everything cleaned up, so that the next kernel can build.
  expect(readdirSync(copy.evaluate).filter((name) => name.startsWith("checker-"))).toEqual([]);
}, 60_000);
