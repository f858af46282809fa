import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensureWritableFolder, makeFolder, writeFileAtomic } from "../../../src/core/files.js";
import { scratchFolder } from "../../support/tiny-tokenizer.js";

describe("a folder that is made", () => {
  it("comes with all folders above it, whether some are there or not, and twice is no error", async () => {
    const folder = await scratchFolder({});
    const deep = join(folder, "a", "b", "c");
    await makeFolder(join(folder, "a"));
    await Promise.all([makeFolder(deep), makeFolder(deep), ensureWritableFolder(deep)]);
    await writeFileAtomic(join(deep, "d", "file"), "text");
    expect(await readFile(join(deep, "d", "file"), "utf8")).toBe("text");
  });

  it("may lie behind a link to a folder", async () => {
    const folder = await scratchFolder({});
    await mkdir(join(folder, "there"));
    await symlink(join(folder, "there"), join(folder, "link"));
    await makeFolder(join(folder, "link", "x"));
    await writeFile(join(folder, "there", "x", "file"), "");
  });

  it.each([
    ["below a file", "file/x/y", "ENOTDIR"],
    ["in the place of a file", "file", "EEXIST"],
    ["in the place of a link to nothing", "nowhere", "EEXIST"],
  ])("can't be %s", async (_, path, code) => {
    const folder = await scratchFolder({ file: "" });
    await symlink(join(folder, "gone"), join(folder, "nowhere"));
    await expect(makeFolder(join(folder, path))).rejects.toMatchObject({ code });
    await expect(ensureWritableFolder(join(folder, path))).rejects.toMatchObject({
      code: "FILE_UNWRITABLE",
      message: expect.stringContaining(`found ${code}`),
    });
  });

  // Node's own recursive mkdir never came back from there.
  it.runIf(process.platform === "linux")("can't be made in /proc: FILE_UNWRITABLE at once", async () => {
    await expect(ensureWritableFolder("/proc/x/y")).rejects.toMatchObject({
      code: "FILE_UNWRITABLE",
      message: "folder /proc/x/y: expected a folder that can be written, found ENOENT",
    });
  });
});
