import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { findInputs } from "../../../../src/data/text/input/files.js";
import { scratchFolder } from "../../../support/tiny-tokenizer.js";

const { before } = vi.hoisted(() => ({ before: { call: "" } }));
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const removing =
    <T>(name: string, ask: (path: string) => Promise<T>) =>
    async (path: string) => {
      if (before.call === name) await real.rm(path, { force: true });
      return ask(path);
    };
  return {
    ...real,
    realpath: removing("realpath", (path) => real.realpath(path)),
    access: removing("access", (path) => real.access(path)),
  };
});

it.each(["realpath", "access"])("a file that goes away while inputs are listed is named (before %s)", async (call) => {
  const folder = await scratchFolder({ "a.txt": "text" });
  before.call = call;
  await expect(findInputs([join(folder, "a.txt")], undefined)).rejects.toMatchObject({
    code: "INPUT_UNREADABLE",
    message: expect.stringContaining("expected a file that can be read, found ENOENT"),
  });
  before.call = "";
  await rm(folder, { recursive: true });
});
