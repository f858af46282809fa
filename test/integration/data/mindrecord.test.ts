import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MindRecordWriter } from "../../../src/data/mindrecord/writer.js";
import { openMindRecord, writeMindRecord } from "../../../src/data/mindrecord.js";
import type { MindRecordRow, MindRecordSchema, MindRecordValue } from "../../../src/formats/mindrecord/schema.js";
import { runPython } from "../../support/project-python.js";

// Our MindRecord against MindSpore 2.9: files of FileWriter are read, the same rows give the same bytes, and
// MindDataset and FileReader read ours (mindrecord.py).

type Plain = string | number | { readonly fill: number; readonly bytes: number };
interface Case {
  readonly name: string;
  readonly schema: MindRecordSchema;
  readonly shards: number;
  readonly options: { readonly pageSize?: number; readonly headerSize?: number; readonly indexFields?: string[] };
  /** Calls of write_raw_data. */
  readonly calls: readonly (readonly Readonly<Record<string, Plain>>[])[];
}

const arrays = { int32: Int32Array, int64: BigInt64Array, float32: Float32Array, float64: Float64Array };

function typedValue(schema: MindRecordSchema, name: string, plain: Plain): MindRecordValue {
  const { type, shape } = schema[name] as MindRecordSchema[string];
  if (type === "string") return plain as string;
  if (typeof plain === "object") return new Uint8Array(plain.bytes).fill(plain.fill);
  if (type === "bytes") return Uint8Array.from(Buffer.from(plain as string, "hex"));
  if (shape !== undefined) return new arrays[type](Uint8Array.from(Buffer.from(plain as string, "hex")).buffer);
  if (type === "float32" || type === "float64") return plain as number;
  const whole = BigInt(plain);
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
}

function rowsOf({ schema, calls }: Case): MindRecordRow[][] {
  return calls.map((rows) =>
    rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, plain]) => [name, typedValue(schema, name, plain)])),
    ),
  );
}

let folder: string;
let cases: readonly Case[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-mindrecord-"));
  await runPython("integration/data/mindrecord.py", ["write", folder], folder);
  cases = JSON.parse(await readFile(join(folder, "cases.json"), "utf8")) as Case[];
  for (const one of cases) await writeOurs(one);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function writeOurs(one: Case): Promise<void> {
  const output = join(folder, "ours", `${one.name}.mindrecord`);
  const options = { output, schema: one.schema, shards: one.shards, description: "described", ...one.options };
  const writer = await MindRecordWriter.create("test", options);
  for (const call of rowsOf(one)) await writer.write(call);
  await writer.complete();
  await writer.publish();
}

describe("MindRecord and MindSpore 2.9", () => {
  it("reads every row that FileWriter wrote: all column types, 1, 2, 3, 5 and 11 shards, one page and many", async () => {
    for (const one of cases) {
      const data = await openMindRecord(join(folder, `${one.name}.mindrecord`));
      const wanted = new Map(rowsOf(one).flatMap((call) => call.map((row) => [keyOf(row), row])));
      expect(data.rows, one.name).toBe(one.calls.flat().length);
      let number = 0;
      for await (const row of data.read()) {
        const match = wanted.get(keyOf(row));
        expect(exact(row), `${one.name} row ${number}`).toEqual(match && exact(match));
        if (number % (data.rows > 1000 ? 997 : 7) === 0)
          expect(exact(await data.row(number)), `${one.name} row ${number} alone`).toEqual(exact(row));
        number += 1;
      }
      expect(number, one.name).toBe(data.rows);
    }
  });

  it("writes the bytes that FileWriter writes for the same calls, where FileWriter does not draw lots", async () => {
    for (const one of cases) {
      // A remainder goes to shards that FileWriter draws at random.
      if (one.calls.some((call) => call.length % one.shards !== 0)) continue;
      const data = await openMindRecord(join(folder, "ours", `${one.name}.mindrecord`));
      for (const path of data.files) {
        const [ours, theirs] = [await readFile(path), await readFile(join(folder, basename(path)))];
        expect(ours.byteLength, path).toBe(theirs.byteLength);
        expect(ours.equals(theirs), path).toBe(true);
      }
    }
  });

  it("is read by MindDataset and FileReader, value by value, and its .db holds the tables of MindSpore's own", async () => {
    const read = await runPython<Record<string, number>>("integration/data/mindrecord.py", ["read", folder], folder);
    expect(read).toEqual(Object.fromEntries(cases.map(({ name, calls }) => [name, calls.flat().length])));
  });

  it("reads what it wrote in another division, and leaves no shard of the one before", async () => {
    const output = join(folder, "again.mindrecord");
    const rows = Array.from({ length: 20 }, (_, i) => ({ n: i }));
    for (const shards of [4, 1, 12]) {
      const data = await writeMindRecord({ output, schema: { n: { type: "int32" } }, rows, shards });
      const found: number[] = [];
      for await (const row of data.read()) found.push(row.n as number);
      expect(found.sort((a, b) => a - b)).toEqual(rows.map(({ n }) => n));
      expect((await openMindRecord(data.files[0] as string)).shards).toHaveLength(shards);
    }
    await expect(openMindRecord(join(folder, "again.mindrecord3"))).rejects.toMatchObject({ code: "FILE_MISSING" });
  });
});

/** Arrays as their type and a hash of their bytes: comparing 9 MB element by element takes minutes. */
function exact(row: MindRecordRow): unknown {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (!ArrayBuffer.isView(value)) return [name, value];
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      return [name, `${value.constructor.name} ${createHash("sha256").update(bytes).digest("hex")}`];
    }),
  );
}

/** What tells the rows of a case apart, for looking one up. */
function keyOf(row: MindRecordRow): string {
  return JSON.stringify(Object.entries(row).sort(), (_, value: unknown) => {
    if (typeof value === "bigint") return String(value);
    if (ArrayBuffer.isView(value))
      return Buffer.from(value.buffer, value.byteOffset, Math.min(value.byteLength, 5000)).toString("base64");
    return value;
  });
}
