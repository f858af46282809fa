import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";

/** A disk in memory, which is empty and soon full. */
export interface SmallDisk {
  readonly folder: string;
  /** `size=4m` and other options of a tmpfs. */
  resize(options: string): void;
}

/** Undefined where mounting is forbidden; the test then proves that it is. */
export function smallDisk(options: string): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), "small-disk-"));
  const mount = (more: string) =>
    spawnSync("mount", ["-t", "tmpfs", "-o", more, "tmpfs", folder], { encoding: "utf8" });
  const { status, stderr } = mount(options);
  onTestFinished(async () => {
    if (status === 0) spawnSync("umount", ["-l", folder]);
    await rm(folder, { recursive: true, force: true });
  });
  if (status === 0) return { folder, resize: (more) => void mount(`remount,${more}`) };
  expect(stderr).toMatch(/permission|superuser|denied/i);
  return undefined;
}
