import { existsSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeFolder } from "../../../../kernel/core/folders.js";

const root = mkdtempSync(join(tmpdir(), "folders-"));

it("makes a folder with those above it, with the mode, and once more without harm", () => {
  const path = join(root, "a", "b", "c");
  makeFolder(path, 0o700);
  makeFolder(path, 0o700);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

it("says what is in the way", () => {
  writeFileSync(join(root, "file"), "");
  expect(() => makeFolder(join(root, "file", "below"))).toThrow(/ENOTDIR|EEXIST/);
  expect(() => makeFolder(join(root, "file"))).toThrow(/EEXIST/);
});

// Node's own mkdirSync with `recursive` never comes back from there, and the kernel never answered its first cell.
it.skipIf(!existsSync("/proc/self"))("comes back where no folder can be made although its parent is there", () => {
  expect(() => makeFolder("/proc/none/below")).toThrow(/ENOENT|EACCES|EPERM/);
});
