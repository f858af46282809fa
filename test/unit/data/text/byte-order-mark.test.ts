import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { place } from "../../../support/prepare-place.js";

const mark = "\ufeff";

it.each([
  ["text", "one\n\ntwo\n\nthree"],
  ["lines", "one\ntwo\nthree\n"],
  ["jsonl", '{"text": "one"}\n{"text": "two"}\n'],
] as const)("%s: the byte order mark at the start of a file became a token", async (inputFormat, text) => {
  const { prepare, folder } = await place({
    "a.txt": text,
    "b.txt": mark + text,
    "a.txt.gz": gzipSync(text),
    "b.txt.gz": gzipSync(mark + text),
  });
  const read = (name: string, chunkBytes: number, workers = 1) => {
    const input = [1, 2].map(() => `${folder}/${name}`);
    return prepare({ input, inputFormat, chunkBytes, workers, output: `${folder}/${name}-${chunkBytes}-${workers}` });
  };
  const { documents: expected } = await read("a.txt", 1000);
  expect(expected).not.toContain("\ufffd");
  for (const name of ["b.txt", "a.txt.gz", "b.txt.gz"])
    for (const chunkBytes of [1, 1000])
      for (const workers of [1, 2]) expect((await read(name, chunkBytes, workers)).documents).toBe(expected);
});

it("WikiText keeps the mark, as MindFormers does", async () => {
  const { prepare, folder } = await place({ "in.txt": `${mark} = One = \n\n two \n` });
  const { documents } = await prepare({ inputFormat: "wikitext", output: `${folder}/out` });
  expect(documents).toMatch(/^\|\ufffd/);
});

it("a mark inside of a text is a character, wherever the text is cut", async () => {
  const { prepare, folder } = await place({ "in.txt": `one\n${mark}two\n${mark}${mark}three\n` });
  for (const chunkBytes of [1, 1000]) {
    const { documents } = await prepare({ inputFormat: "lines", chunkBytes, output: `${folder}/${chunkBytes}` });
    expect(documents).toMatch(/^\|one\/\|\ufffd+two\/\|\ufffd+three\/\|$/);
  }
});

it("a second mark in JSON lines was dropped or refused, depending on where the text was cut", async () => {
  const { prepare, folder } = await place({ "in.jsonl": `{"text": "one"}\n${mark}{"text": "two"}\n` });
  for (const chunkBytes of [1, 1000])
    await expect(prepare({ input: `${folder}/in.jsonl`, chunkBytes })).rejects.toMatchObject({
      code: "INPUT_LINE_INVALID",
      message: expect.stringContaining("line 2, column 1"),
    });
});

it("a file that holds a byte order mark only has no text", async () => {
  const { prepare, folder } = await place({ "in.txt": mark, "empty.txt": "" });
  const outcome = (name: string) =>
    prepare({ inputFormat: "text", input: `${folder}/${name}`, output: `${folder}/${name}-out` }).then(
      ({ documents }) => documents,
      ({ code }) => code,
    );
  expect(await outcome("in.txt")).toBe(await outcome("empty.txt"));
});
