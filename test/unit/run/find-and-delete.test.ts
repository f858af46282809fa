import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { deleteRuns } from "../../../src/run/delete-runs.js";
import { previewDeletion } from "../../../src/run/deletion.js";
import { listRuns } from "../../../src/run/open.js";
import { findRunFolders } from "../../../src/run/read/find-runs.js";
import type { RunStatus } from "../../../src/run/read/status.js";
import { displayKey } from "../../../src/view/display-contract.js";

function folderWith(paths: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), "find-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), "{}");
  }
  return root;
}

test("listRuns found 0 runs after a lesson: it looks below the notebook and in runs/ above it", async () => {
  const root = folderWith([
    "notebooks/10.ipynb",
    "notebooks/runs/full-pretraining/runs/first/run.json",
    "notebooks/runs/full-pretraining/runs/first/output/checkpoint/run.json",
    "notebooks/runs/full-pretraining/dataset/run.json",
    "runs/second/run.json",
    "elsewhere/third/run.json",
    "notebooks/node_modules/x/run.json",
    "notebooks/.hidden/run.json",
  ]);
  const found = await findRunFolders(join(root, "notebooks"));
  expect(found.map((path) => relative(root, path))).toEqual([
    "notebooks/runs/full-pretraining/runs/first",
    "runs/second",
  ]);
});

function run(root: string, name: string, state: RunStatus["state"], processes = 0) {
  const status = { name, state, attempt: 1, step: 3, totalSteps: 9, processes, startedAt: 0, message: "" };
  return {
    name,
    folder: join(root, name),
    status: async () => status as RunStatus,
    set: (to: string) => Object.assign(status, { state: to }),
  };
}

test("deleting shows first what would go, leaves live runs out, and deletes on confirm", async () => {
  const root = folderWith(["old/run.json", "old/output/a.bin", "live/run.json", "lost/run.json"]);
  const runs = [run(root, "old", "finished"), run(root, "live", "training", 3), run(root, "lost", "lost", 2)];
  const deletion = await previewDeletion(runs, false);
  expect([deletion.runs.map(({ run: { name } }) => name), deletion.live, deletion.bytes]).toEqual([
    ["old"],
    ["live", "lost"],
    4,
  ]);
  expect(deletion[displayKey]()["text/plain"]).toMatch(/1 run to delete, 4 B; nothing is deleted yet/);
  expect(existsSync(join(root, "old"))).toBe(true);
  expect(await deletion.confirm()).toEqual({ deleted: [join(root, "old")], bytes: 4 });
  expect(readdirSync(root).sort()).toEqual(["live", "lost"]);
});

test("confirming twice, as a cell that runs again does, deletes once and is no error", async () => {
  const root = folderWith(["old/run.json", "new/run.json"]);
  const deletion = await previewDeletion([run(root, "old", "finished"), run(root, "new", "stopped")], false);
  rmSync(join(root, "new"), { recursive: true });
  expect(await deletion.confirm()).toEqual({ deleted: [join(root, "old")], bytes: 2 });
  expect(await deletion.confirm()).toEqual({ deleted: [], bytes: 0 });
});

test.each([
  [{ name: "a" }, /unknown option name, expected names, olderThan, states, folder/],
  [{ states: ["done"] }, /states: expected a list of finished, stopped, failed, lost/],
  [{ states: "failed" }, /states: expected a list/],
  [{ names: "a" }, /names: expected a list/],
  [{ names: ["a", { name: "b" }] }, /names\[1\]: expected the name of a run, or a pattern with \*, found an object/],
  [{ names: [""] }, /names\[0\]: expected the name of a run.*, found ""/],
  [{ olderThan: "-1d" }, /olderThan: expected a number with a unit/],
])("deleteRuns refuses conditions that it does not know, instead of choosing other runs: %o", async (options, says) => {
  await expect(deleteRuns(options as never)).rejects.toMatchObject({
    code: "ARGUMENT_INVALID",
    message: expect.stringMatching(says),
  });
});

test("a new run that took the name of a deleted one between preview and confirm is kept", async () => {
  const root = folderWith(["same/run.json"]);
  const deletion = await previewDeletion([run(root, "same", "finished")], false);
  rmSync(join(root, "same"), { recursive: true });
  mkdirSync(join(root, "same"));
  expect(await deletion.confirm()).toEqual({ deleted: [], bytes: 0 });
  expect(existsSync(join(root, "same"))).toBe(true);
});

test("a run that was started again after the preview is not deleted", async () => {
  const root = folderWith(["again/run.json"]);
  const again = run(root, "again", "failed");
  const deletion = await previewDeletion([again], true);
  again.set("training");
  await expect(deletion.confirm()).rejects.toMatchObject({ code: "RUN_LIVE" });
  expect(existsSync(join(root, "again", "run.json"))).toBe(true);
  await expect(previewDeletion([again], true)).rejects.toMatchObject({ code: "RUN_LIVE", hint: "await run.stop()" });
});

test("deleting a run left no backup: a copied or renamed folder goes by its own name, not by that in run.json", async () => {
  const root = folderWith(["base/run.json", "backup/run.json", "other/run.json"]);
  const file = { layout: 2, attempt: 1, createdAt: 0, host: "h", fingerprint: "f", lossRank: 0, localNode: 0 };
  const write = (folder: string, name: string) =>
    writeFileSync(
      join(root, folder, "run.json"),
      JSON.stringify({ ...file, id: folder, name, commands: [], cluster: {}, versions: {} }),
    );
  write("base", "base");
  write("backup", "base");
  write("other", "other");
  const table = (await listRuns({ folder: root }))[displayKey]()["text/plain"];
  expect(table).toMatch(/name +recorded as/);
  expect(table).toMatch(/backup +base +lost/);
  const deletion = await deleteRuns({ names: ["base"], folder: root });
  expect(deletion.runs.map(({ run: { folder } }) => folder)).toEqual([join(root, "base")]);
  await deletion.confirm();
  expect(readdirSync(root).sort()).toEqual(["backup", "other"]);
  const misspelled = await deleteRuns({ names: ["othr"], folder: root });
  expect(String(misspelled[displayKey]()["text/plain"])).toMatch(
    /No run is named othr; there are backup, other\. Did you mean other\?/,
  );
  const rest = await deleteRuns({ names: ["back*"], folder: root });
  expect(rest.runs.map(({ run: { folder } }) => folder)).toEqual([join(root, "backup")]);
  expect(rest[displayKey]()["text/plain"]).toMatch(/backup +base/);
});
