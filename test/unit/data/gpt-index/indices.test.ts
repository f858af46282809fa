import { describe, expect, it } from "vitest";
import { planEpochs } from "../../../../src/data/gpt-index/epochs.js";
import { buildGptIndices, type GptRequest } from "../../../../src/data/gpt-index/indices.js";

// Vectors of MindFormers' GPTDataset: five sequences, split "1, 0, 0", seed 1234, four tokens per sample.
const request: GptRequest = {
  name: "a, train",
  lengths: Int32Array.of(5, 3, 7, 4, 6),
  begin: 0,
  end: 5,
  samples: 4,
  seed: 1234,
  seqLength: 4,
  extraToken: 1,
  dropLastPartial: true,
};

function build(changes: Partial<GptRequest>) {
  const { documents, positions, offsets, shuffle, epochs } = buildGptIndices({ ...request, ...changes });
  return {
    documents: [...documents],
    rows: [...positions].map((position, i) => [position, offsets[i]]),
    shuffle: [...shuffle],
    epochs,
  };
}

describe("the indices of one dataset", () => {
  it("are those of MindFormers for a part of an epoch", () => {
    expect(build({ samples: 4 })).toMatchObject({
      documents: [4, 0, 1, 2, 3],
      rows: [
        [0, 0],
        [0, 4],
        [1, 2],
        [2, 1],
        [3, 2],
        [3, 6],
        [4, 3],
      ],
      shuffle: [5, 2, 3, 1, 0, 4],
      epochs: { epochs: 1, separateFinalEpoch: false, samples: 6 },
    });
  });

  it("are those of MindFormers with a last epoch of its own", () => {
    expect(build({ samples: 13 })).toMatchObject({
      documents: [2, 2, 4, 1, 0, 3, 4, 0, 1, 3, 0, 4, 3, 2, 1],
      rows: [
        [0, 0],
        [0, 4],
        [1, 1],
        [1, 5],
        [2, 2],
        [3, 0],
        [4, 1],
        [5, 0],
        [6, 0],
        [6, 4],
        [7, 2],
        [8, 1],
        [9, 2],
        [10, 2],
        [11, 1],
        [11, 5],
        [12, 3],
        [13, 3],
        [14, 0],
      ],
      shuffle: [7, 11, 2, 3, 1, 9, 5, 4, 0, 8, 6, 10, 17, 13, 16, 15, 12, 14],
      epochs: { epochs: 3, separateFinalEpoch: true, samplesBeforeFinalEpoch: 12, samples: 18 },
    });
  });

  it("are those of MindFormers when more than four fifths of the last epoch are asked for", () => {
    expect(build({ samples: 17 })).toMatchObject({
      documents: [3, 1, 0, 2, 4, 2, 0, 2, 1, 4, 3, 4, 0, 1, 3],
      shuffle: [7, 10, 4, 1, 11, 8, 3, 14, 13, 12, 17, 15, 2, 6, 9, 0, 5, 16],
      epochs: { epochs: 3, separateFinalEpoch: false },
    });
  });

  it("give one epoch if no number of samples is asked for", () => {
    expect(build({ samples: undefined }).epochs).toMatchObject({ epochs: 1, samples: 6 });
  });

  it("have samples of seqLength tokens without extra token: a row may point to the end of a sequence", () => {
    const { rows, epochs } = build({ samples: undefined, extraToken: 0 });
    expect(epochs.samples).toBe(6);
    expect(rows.slice(0, 3)).toEqual([
      [0, 0],
      [0, 4],
      [1, 2],
    ]);
  });

  it("keep a last sample that is not full only where dropLastPartial is false", () => {
    const { rows, epochs } = build({
      lengths: Int32Array.of(6, 5),
      end: 2,
      samples: undefined,
      dropLastPartial: false,
    });
    expect(epochs.samples).toBe(3);
    expect(rows.at(-1)).toEqual([1, expect.any(Number)]);
  });

  it("use only the sequences of the part", () => {
    expect(build({ begin: 1, end: 4, samples: undefined }).documents.toSorted()).toEqual([1, 2, 3]);
  });

  it("skip empty sequences", () => {
    const { rows } = build({ lengths: Int32Array.of(0, 9, 0), end: 3, samples: undefined });
    expect(rows).toHaveLength(3);
  });
});

describe("what the engine can't build is refused with the reason", () => {
  it.each([
    ["an empty part: the engine counts epochs for ever", { begin: 2, end: 2 }, /expected at least 2 tokens, found 0/],
    ["a single token: the engine's helper aborts", { lengths: Int32Array.of(1), end: 1 }, /found 1/],
    ["samples of one token: the engine's helper aborts", { seqLength: 1 }, /seqLength of 2 or more/],
  ])("%s", (_, changes, message) => {
    expect(() => build(changes)).toThrow(
      expect.objectContaining({ code: "INDEX_IMPOSSIBLE", message: expect.stringMatching(message) }),
    );
  });

  it("a validation part whose samples the helper counts in single precision, one too many: it runs past the end and aborts", () => {
    // 33,554,438 tokens become 33,554,440 in single precision.
    const long = {
      lengths: Int32Array.of(33_554_439),
      end: 1,
      samples: undefined,
      seqLength: 2,
      dropLastPartial: false,
    };
    expect(() => build(long)).toThrow(/⌈33,554,438 ÷ 2⌉ = 16,777,219 samples, in single precision 16,777,220/);
  });
});

it("a validation part whose samples the helper counts in single precision, one too few, has that one less", () => {
  const name = "a, valid";
  const plan = planEpochs({
    name,
    sequences: { begin: 0, end: 1, of: 1 },
    tokensPerEpoch: 33_554_434,
    samples: undefined,
    seqLength: 2,
    extraToken: 1,
    dropLastPartial: false,
  });
  expect(plan.samples).toBe(16_777_216);
});
