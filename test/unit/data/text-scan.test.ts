import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { type TextScan, TextScanner } from "../../../src/data/text-scan.js";

function scan(data: Uint8Array, chunk: number): TextScan | number {
  const scanner = new TextScanner();
  for (let at = 0; at < data.byteLength; at += chunk) {
    const bad = scanner.push(data.subarray(at, at + chunk));
    if (bad !== undefined) return bad;
  }
  return scanner.finish();
}

it("a text is counted and fingerprinted alike however it is cut", () => {
  const data = Buffer.from(`( a ) [ b ] } '' "ä € 😀" /' 5/ //' 6/' 7/`);
  for (let chunk = 1; chunk <= data.byteLength; chunk++) {
    expect(scan(data, chunk)).toEqual({
      bytes: data.byteLength,
      sha256: createHash("sha256").update(data).digest("hex"),
      // Two of the closing brackets do not stand in the text: the second cleaning rule will write them.
      closing: { parenthesis: 1, bracket: 3, brace: 1, doubleQuote: 2, singleQuote: 5 },
    });
  }
});

it.each([
  ["a byte that no character begins with", [0x61, 0xff, 0x62], 1],
  ["a character cut by another one", [0x61, 0xe2, 0x82, 0x61], 1],
  ["an overlong form", [0xc0, 0xaf], 0],
  ["a surrogate", [0x61, 0x62, 0xed, 0xa0, 0x80], 2],
  ["a lone continuation", [0x61, 0x80], 1],
  ["a character cut by the end of the file", [0x61, 0x62, 0x63, 0xf0, 0x9f, 0x98], 3],
])("the offset of %s is found however the bytes are cut", (_, bytes, offset) => {
  const data = Uint8Array.from(bytes);
  for (let chunk = 1; chunk <= data.byteLength; chunk++) expect(scan(data, chunk), `chunks of ${chunk}`).toBe(offset);
});
