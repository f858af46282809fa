/** A generator of numbers from a seed (xorshift32): the same on every machine. */
export function seeded(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const nasty = [0, 1, 0x7f, 0x80, 0xff];

/**
 * Damages bytes in place, mostly before `focus`, and gives what undoes it; the result may be shorter than the original.
 */
export function mutate(
  bytes: Uint8Array,
  random: (below: number) => number,
  focus: number,
): { readonly mutated: Uint8Array; undo(): void } {
  const changes: (readonly [at: number, was: number])[] = [];
  const poke = (at: number, value: number) => {
    changes.push([at, bytes[at] as number]);
    bytes[at] = value;
  };
  const place = () => random(random(4) > 0 ? Math.min(focus, bytes.byteLength) : bytes.byteLength);
  const kind = random(10);
  if (kind < 4) for (let n = random(3); n >= 0; n--) poke(place(), random(256));
  else if (kind < 6) poke(place(), nasty[random(nasty.length)] as number);
  else if (kind < 8) {
    // A whole number field becomes extreme.
    const [at, size, value] = [place(), 1 << random(4), nasty[random(nasty.length)] as number];
    for (let i = 0; i < size && at + i < bytes.byteLength; i++) poke(at + i, value);
  } else if (kind < 9) {
    const [from, to, size] = [place(), place(), 1 + random(16)];
    const copy = bytes.slice(from, from + size);
    for (let i = 0; i < copy.length && to + i < bytes.byteLength; i++) poke(to + i, copy[i] as number);
  }
  const cut = kind === 9 ? random(bytes.byteLength + 1) : bytes.byteLength;
  return {
    mutated: bytes.subarray(0, cut),
    undo() {
      for (const [at, was] of changes.reverse()) bytes[at] = was;
    },
  };
}
