import { describe, expect, it } from "vitest";
import { memoryBytes } from "../../../src/core/bytes.js";
import { type NpyShape, npyBytes, npyHeader, readNpyHeader } from "../../../src/formats/npy.js";

// Headers as numpy 1.26.4 saves them.
const headers: readonly (readonly [NpyShape, string, number])[] = [
  [{ type: "<i4", shape: [5] }, "{'descr': '<i4', 'fortran_order': False, 'shape': (5,), }", 148],
  [{ type: "<i8", shape: [20, 2] }, "{'descr': '<i8', 'fortran_order': False, 'shape': (20, 2), }", 448],
  [{ type: "<u4", shape: [0] }, "{'descr': '<u4', 'fortran_order': False, 'shape': (0,), }", 128],
  [{ type: "<i2", shape: [1234567] }, "{'descr': '<i2', 'fortran_order': False, 'shape': (1234567,), }", 2469262],
];

describe("numpy arrays on disk", () => {
  it.each(headers)("the header of %j is numpy's to the byte", (array, dictionary, bytes) => {
    const header = Buffer.from(npyHeader(array)).toString("latin1");
    expect(header).toBe(`\x93NUMPY\x01\x00v\x00${dictionary.padEnd(117)}\n`);
    expect(npyBytes(array)).toBe(bytes);
  });

  it.each(headers)("the header of %j is read back", async (array) => {
    const file = new Uint8Array(npyBytes(array));
    file.set(npyHeader(array));
    expect(await readNpyHeader(memoryBytes("a.npy", file))).toEqual({ ...array, offset: 128 });
  });

  it("what is cut short, damaged or of another type is refused with file and offset", async () => {
    const good = Buffer.concat([npyHeader({ type: "<i4", shape: [2] }), new Uint8Array(8)]);
    const damaged = (change: (bytes: Buffer) => Buffer) =>
      readNpyHeader(memoryBytes("a.npy", change(Buffer.from(good))));
    const invalid = (offset: number) => expect.objectContaining({ code: "NPY_INVALID", file: "a.npy", offset });
    await expect(damaged((bytes) => bytes.subarray(0, 4))).rejects.toEqual(invalid(4));
    await expect(damaged((bytes) => bytes.subarray(0, 40))).rejects.toEqual(invalid(40));
    await expect(damaged((bytes) => bytes.subarray(0, -1))).rejects.toEqual(invalid(135));
    await expect(damaged((bytes) => Buffer.concat([bytes, bytes]))).rejects.toEqual(invalid(136));
    await expect(damaged((bytes) => bytes.fill(1, 0, 1))).rejects.toEqual(invalid(0));
    await expect(
      damaged((bytes) => Buffer.from(bytes.toString("latin1").replace("<i4", "<f4"), "latin1")),
    ).rejects.toEqual(invalid(10));
    await expect(
      damaged((bytes) => Buffer.from(bytes.toString("latin1").replace("False", "True "), "latin1")),
    ).rejects.toEqual(invalid(10));
  });
});
