import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import type { TypeScript } from "../../guards.js";
import { findDeclarations } from "../program/libraries.js";
import { snapshotArguments } from "./snapshot.js";
import { snapshotScript } from "./snapshot-script.js";

/** How long somebody else's build may take before it counts as broken off, in ms. */
const patience = 300_000;
/** Snapshots that stay: this one, and one of another version of Node perhaps. */
const kept = 2;

/**
 * Builds the snapshot under another name and renames it; some 10 s of processor time. False if somebody else is at it
 * already. Throws if it can't be built.
 */
export function buildSnapshot(place: string): boolean {
  mkdirSync(dirname(place), { recursive: true });
  const lock = `${place}.lock`;
  if (!takeLock(lock)) return false;
  const temporary = `${place}.${process.pid}.tmp`;
  try {
    removeBroken(place);
    build(temporary);
    renameSync(temporary, place);
    removeOld(place);
    return true;
  } finally {
    for (const file of [temporary, `${temporary}.cjs`, lock]) rmSync(file, { force: true });
  }
}

function build(blob: string): void {
  const require = createRequire(import.meta.url);
  const script = `${blob}.cjs`;
  const entry = join(import.meta.dirname, "snapshot-main.js");
  const { libraries, typeRoot } = findDeclarations();
  const text = snapshotScript(require("typescript") as TypeScript, { entry, compiler: require.resolve("typescript") });
  writeFileSync(script, text);
  const args = [...snapshotArguments(blob), "--build-snapshot", script, libraries, typeRoot];
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { status, signal, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
  if (status !== 0) throw new Error(`node --build-snapshot ended with ${signal ?? status}\n${stderr}`);
}

/** One at a time: several kernels may start at once. */
export function takeLock(lock: string): boolean {
  try {
    closeSync(openSync(lock, "wx"));
    return true;
  } catch {
    const found = statSync(lock, { throwIfNoEntry: false });
    if (found !== undefined && Date.now() - found.mtimeMs < patience) return false;
    rmSync(lock, { force: true });
    return found !== undefined && takeLock(lock);
  }
}

/**
 * What builders that were killed have left, some 40 MB each: nobody else builds this one now, and no build takes longer
 * than `patience`.
 */
function removeBroken(place: string): void {
  const folder = dirname(place);
  for (const name of readdirSync(folder)) {
    const [, blob] = /^(checker-[0-9a-f]+\.blob)\.\d+\.tmp(?:\.cjs)?$/.exec(name) ?? [];
    if (blob === undefined) continue;
    const file = join(folder, name);
    const found = statSync(file, { throwIfNoEntry: false });
    const isOld = found !== undefined && Date.now() - found.mtimeMs > patience;
    if (isOld || blob === basename(place)) rmSync(file, { force: true });
  }
}

function removeOld(place: string): void {
  const folder = dirname(place);
  const others = readdirSync(folder)
    .filter((name) => /^checker-[0-9a-f]+\.blob$/.test(name) && name !== basename(place))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const old of others.slice(kept - 1)) rmSync(old, { force: true });
}
