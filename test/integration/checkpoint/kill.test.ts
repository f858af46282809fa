import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCheckpoint, openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { checkpointFile, saveRank } from "../../support/checkpoint-folder.js";
import { differing, readHere } from "../../support/checkpoint-oracle.js";
import { Dice } from "../../support/random-cases.js";
import { floats, safetensorsFile } from "../../support/safetensors-file.js";

const kills = Number(process.env.MF_LAB_KILLS ?? 5);
const victim = join(import.meta.dirname, "..", "..", "support", "convert-victim.mjs");

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "kill-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Some megabytes, so that there is time to be killed in. */
async function bigCheckpoint(folder: string): Promise<string> {
  const values = Float32Array.from({ length: 50_000 }, (_, i) => i);
  const tensors = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [
      `decoder.layers.${i}.weight`,
      { ...floats(...values.subarray(0, 1)), shape: [50_000], data: new Uint8Array(values.buffer) },
    ]),
  );
  const place = join(folder, "checkpoint");
  await saveRank(place, { rank: 0, point: "1_5", bytes: safetensorsFile(tensors, { metadata: { format: "ms" } }) });
  return place;
}

/** Runs the victim and kills it so many milliseconds after it began; true if it came to its end. */
function runVictim(args: readonly string[], after?: number): Promise<boolean> {
  const child = spawn(process.execPath, [victim, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.on("data", (data: Buffer) => {
    printed += data.toString();
    if (after !== undefined && printed.includes("go")) setTimeout(() => child.kill("SIGKILL"), after);
  });
  return new Promise((done) => child.on("close", () => done(printed.includes("done"))));
}

test.each(["merge", "reshard", "toCkpt"])(
  "%s that is killed at any moment leaves nothing half under its final name, and the next call goes on",
  async (verb) => {
    const folder = temporary();
    const source = await bigCheckpoint(folder);
    const dice = new Dice(20261128);
    let killed = 0;
    for (let i = 0; i < kills; i++) {
      const output = join(folder, `out-${i}`);
      const ended = await runVictim([verb, source, output], dice.whole(0, 250));
      if (!ended) {
        killed += 1;
        if (existsSync(output))
          expect((await openCheckpoints(output)).all.every(({ complete }) => complete)).toBe(true);
      }
      expect(await runVictim([verb, source, output])).toBe(true);
      const rank = verb === "merge" ? output : join(output, "rank_0");
      expect(differing(await readHere(rank), await readHere(join(source, "rank_0")))).toEqual([]);
      expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
      await rm(output, { recursive: true });
    }
    expect(killed).toBeGreaterThan(0);
  },
);

test("a seal that is killed while it is written is never half there", async () => {
  const folder = temporary();
  const source = await bigCheckpoint(folder);
  const dice = new Dice(3);
  for (let i = 0; i < kills; i++) {
    await runVictim(["seal", source], dice.whole(0, 60));
    const seals = join(source, ".mindformers-lab", "seals");
    for (const name of await readdir(seals).catch(() => [])) {
      if (name.endsWith(".json")) expect(await readFile(join(seals, name), "utf8")).toMatch(/\nsha256 [0-9a-f]{64}\n$/);
    }
  }
  expect(await runVictim(["seal", source])).toBe(true);
  expect((await (await openCheckpoint(source)).scrub()).ok).toBe(true);
});

test("retention that is killed leaves the newest complete checkpoint and no half one that looks whole", async () => {
  const dice = new Dice(4);
  for (let i = 0; i < kills; i++) {
    const folder = temporary();
    for (const step of [10, 20, 30, 40]) {
      for (const rank of [0, 1]) await saveRank(folder, { rank, point: `1_${step}`, bytes: checkpointFile(step) });
    }
    await runVictim(["retention", folder], dice.whole(0, 40));
    const { all } = await openCheckpoints(folder);
    expect(all.at(-1)).toMatchObject({ step: 40, complete: true });
    for (const each of all.filter(({ complete }) => complete)) expect((await each.verify()).ok).toBe(true);
    expect(await runVictim(["retention", folder])).toBe(true);
    expect((await openCheckpoints(folder)).all.map(({ step }) => step)).toEqual([40]);
  }
});
