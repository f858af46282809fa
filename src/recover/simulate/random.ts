/** Random numbers from a seed: the same ones on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to but not including 1 (Mulberry32). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    return mixed(this.#state) / 4_294_967_296;
  }

  /** Whole number from 0 up to but not including `limit`. */
  below(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }

  /** Time until the next event of a process that knows no past. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  chance(share: number): boolean {
    return this.uniform() < share;
  }

  /** Position in `weights`, each as likely as its weight. */
  choose(weights: readonly number[]): number {
    let left = this.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, weight] of weights.entries()) {
      left -= weight;
      if (left < 0) return index;
    }
    return weights.length - 1;
  }
}

function mixed(state: number): number {
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (t ^ (t >>> 14)) >>> 0;
}

/** A normal number that depends on seed and position alone, so that a step that is done again gives the same one. */
export function noiseAt(seed: number, position: number): number {
  const random = new Random((Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(position | 0, 0x85ebca6b)) >>> 0);
  random.uniform();
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}
