import type { ClassReader } from "./class-reader.js";
import { choice, end, look, repeat, type Step, unbounded } from "./steps.js";

/** A place in the pattern: within a repetition, how often it has matched. */
interface Place {
  readonly step: Step;
  readonly count: number;
}

/**
 * Where a pattern can be after some characters: its places, those first that the pattern prefers. State 0 is the
 * empty one.
 */
type State = readonly Place[];

const nowhere = 0;
const start = 1;
/** The symbol of the end of the text; symbol 0 is a character whose classes have no symbol. */
const endOfText = 1;
const mostSymbols = 128;
/** What is known is thrown away when there are more. */
const mostStates = 2048;
const unknown = -1;
const hashBasis = 0x811c9dc5;
const hashPrime = 0x01000193;

/**
 * Finds what a backtracking matcher finds without going back: all ways to match are followed at once, in the order in
 * which the pattern prefers them, and where a set of ways leads with the next character is remembered. So a character
 * costs two look-ups in tables that are filled as texts need them. (The classes that a character belongs to are all
 * that a pattern sees of it; look-ahead is for one character, which is the next one here, too.)
 */
export class Automaton {
  /** FNV-1a of the bytes of the last match. */
  hash = 0;
  readonly #reader: ClassReader;
  readonly #root: Step;
  readonly #ascii = new Uint8Array(128);
  /** Of the code points from 128 to 65,535; 0 if not looked at yet. */
  readonly #symbols = new Uint8Array(0x10000);
  readonly #symbolOfMask = new Map<number, number>();
  readonly #masks: number[] = [];
  readonly #numbers = new Map<Step, number>();
  #states: State[] = [];
  #stateOf = new Map<string, number>();
  /**
   * For each state and symbol: where the row of the next state begins, plus 1 if the pattern matches in front of the
   * symbol.
   */
  #next = new Int32Array(0);

  constructor(root: Step, reader: ClassReader) {
    this.#root = root;
    this.#reader = reader;
    this.#masks.push(0, 0);
    for (let byte = 0; byte < 128; byte++) this.#ascii[byte] = this.#symbol(reader.masks[byte] as number);
    this.#forget();
  }

  /** End of the match that begins at `at`, or -1. What lies outside of `limit` does not exist for the pattern. */
  match(bytes: Uint8Array, at: number, limit: number): number {
    if (this.#states.length > mostStates) this.#forget();
    const ascii = this.#ascii;
    let next = this.#next;
    let row = start * mostSymbols;
    let found = -1;
    let foundHash = 0;
    let hash = hashBasis | 0;
    for (let position = at; ; position++) {
      const byte = position < limit ? (bytes[position] as number) : -1;
      const symbol = byte < 0 ? endOfText : byte < 0x80 ? (ascii[byte] as number) : this.#wide(bytes, position);
      let to = next[row | symbol] as number;
      if (to === unknown) {
        to = this.#build(row / mostSymbols, symbol === 0 ? this.#reader.at(bytes, position) : symbol, symbol !== 0);
        next = this.#next;
      }
      if ((to & 1) !== 0) {
        found = position;
        foundHash = hash;
      }
      row = to & -mostSymbols;
      if (row === nowhere) break;
      hash = Math.imul(hash ^ byte, hashPrime);
      if (byte < 0x80) continue;
      for (const last = position + this.#reader.width - 1; position < last; )
        hash = Math.imul(hash ^ (bytes[++position] as number), hashPrime);
    }
    this.hash = foundHash;
    return found;
  }

  /** The symbol of a character of several bytes; `reader.width` is its width. */
  #wide(bytes: Uint8Array, at: number): number {
    const mask = this.#reader.at(bytes, at);
    const { width } = this.#reader;
    if (width > 3) return this.#symbol(mask);
    const low = (bytes[at + 1] as number) & 63;
    const first = bytes[at] as number;
    const code =
      width === 2 ? ((first & 31) << 6) | low : ((first & 15) << 12) | (low << 6) | ((bytes[at + 2] as number) & 63);
    const known = this.#symbols[code] as number;
    if (known !== 0) return known;
    const symbol = this.#symbol(mask);
    this.#symbols[code] = symbol;
    return symbol;
  }

  #symbol(mask: number): number {
    const known = this.#symbolOfMask.get(mask);
    if (known !== undefined) return known;
    if (this.#masks.length === mostSymbols) return 0;
    this.#symbolOfMask.set(mask, this.#masks.push(mask) - 1);
    return this.#masks.length - 1;
  }

  #forget(): void {
    this.#states = [];
    this.#stateOf = new Map();
    this.#next = new Int32Array(64 * mostSymbols).fill(unknown);
    this.#stateNumber([]);
    this.#stateNumber([{ step: this.#root, count: 0 }]);
  }

  #stateNumber(state: State): number {
    const name = state.map(({ step, count }) => `${this.#number(step)}.${count}`).join();
    const known = this.#stateOf.get(name);
    if (known !== undefined) return known;
    const number = this.#states.push(state) - 1;
    this.#stateOf.set(name, number);
    if (this.#states.length * mostSymbols > this.#next.length) {
      const larger = new Int32Array(2 * this.#next.length).fill(unknown);
      larger.set(this.#next);
      this.#next = larger;
    }
    return number;
  }

  #number(step: Step): number {
    const known = this.#numbers.get(step);
    if (known !== undefined) return known;
    this.#numbers.set(step, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  /** Follows all ways of a state over the next character. `what`: its symbol if it has one, else its classes. */
  #build(state: number, what: number, isSymbol: boolean): number {
    const mask = isSymbol && what === endOfText ? undefined : isSymbol ? (this.#masks[what] as number) : what;
    const ways = new Ways(mask, (step) => this.#number(step));
    const matches = (this.#states[state] as State).some((place) => ways.follow(place.step, place.count));
    const to = mostSymbols * this.#stateNumber(ways.places) + (matches ? 1 : 0);
    if (isSymbol) this.#next[state * mostSymbols + what] = to;
    return to;
  }
}

/** Goes from places of a pattern over one character; `mask`: its classes, undefined at the end of the text. */
class Ways {
  /** Where it leads, each place once. */
  readonly places: Place[] = [];
  readonly #mask: number | undefined;
  readonly #number: (step: Step) => number;
  readonly #seen = new Set<string>();
  readonly #led = new Set<string>();

  constructor(mask: number | undefined, number: (step: Step) => number) {
    this.#mask = mask;
    this.#number = number;
  }

  /** True if the pattern has matched: the ways that come after this one are of no interest then. */
  follow(step: Step, count: number): boolean {
    const name = `${this.#number(step)}.${count}`;
    if (this.#seen.has(name)) return false;
    this.#seen.add(name);
    if (step.kind === end) return true;
    if (step.kind === choice) return step.options.some((option) => this.follow(option, 0));
    const belongs = this.#mask !== undefined && (this.#mask & step.bit) !== 0;
    if (step.kind !== repeat) return belongs === (step.kind === look) && this.follow(step.next as Step, 0);
    if (belongs && count < step.max)
      this.#lead(step, Math.min(count + 1, step.max === unbounded ? step.min : step.max));
    return count >= step.min && this.follow(step.next as Step, 0);
  }

  #lead(step: Step, count: number): void {
    const name = `${this.#number(step)}.${count}`;
    if (this.#led.has(name)) return;
    this.#led.add(name);
    this.places.push({ step, count });
  }
}
