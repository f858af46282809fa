/** How much may go out at once, and how fast there may be more after that. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** An amount that fills up again with time: a short burst passes, a flood is held to the rate. */
export interface Budget {
  /** Takes `amount` if there is as much left. */
  take(amount: number): boolean;
}

export function createBudget({ burst, perSecond }: Rate, now: () => number): Budget {
  let left = burst;
  let at = now();
  return {
    take(amount) {
      const time = now();
      left = Math.min(burst, left + ((time - at) / 1000) * perSecond);
      at = time;
      // Something larger than the whole burst passes alone.
      if (amount > left && left < burst) return false;
      left -= amount;
      return true;
    },
  };
}

/** Per cell: text in UTF-16 units, displays by number and by size in UTF-16 units of their JSON. */
export const outputLimits = {
  text: { burst: 8 * 1024 ** 2, perSecond: 100 * 1024 },
  displays: { burst: 2000, perSecond: 50 },
  displaySize: { burst: 64 * 1024 ** 2, perSecond: 1024 ** 2 },
  /** Bytes of one cell's text beyond its budget that are kept in a file. */
  file: 1024 ** 3,
} as const;
