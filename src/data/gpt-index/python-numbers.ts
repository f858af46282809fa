/** Numbers as Python and numpy treat them, where the engine's result depends on it. */

/** `int(round(x))` of a finite float: halves go to the even neighbor. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

const floatPattern = /^[-+]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[-+]?\d+(?:_\d+)*)?$/i;

/** `float(text)`: undefined where Python raises a ValueError. */
export function parsePythonFloat(text: string): number | undefined {
  const trimmed = text.trim();
  if (floatPattern.test(trimmed)) return Number(trimmed.replaceAll("_", ""));
  const special = /^([-+]?)(?:(inf|infinity)|nan)$/i.exec(trimmed);
  if (!special) return undefined;
  if (special[2] === undefined) return Number.NaN;
  return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** `repr(x)` of a float: shortest digits, an exponent below 1e-4 and from 1e16 on. */
export function pythonFloat(x: number): string {
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x < 0 ? "-Infinity" : "Infinity";
  const [mantissa = "", power = "0"] = x.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const digits = String(Math.abs(exponent)).padStart(2, "0");
    return `${Object.is(x, -0) ? "-" : ""}${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
  }
  const places = Math.max(1, mantissa.replace(/^-?\d\.?/, "").length - exponent);
  return `${Object.is(x, -0) ? "-" : ""}${x.toFixed(places)}`;
}

/** `numpy.sum` of a contiguous array of float64: pairwise above 128 elements, eight running sums below. */
export function numpySum(values: readonly number[]): number {
  return 0 + pairwiseSum(values, 0, values.length);
}

function pairwiseSum(values: readonly number[], from: number, count: number): number {
  const at = (i: number): number => values[from + i] as number;
  if (count < 8) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += at(i);
    return sum;
  }
  if (count > 128) {
    const half = Math.floor(count / 2) - (Math.floor(count / 2) % 8);
    return pairwiseSum(values, from, half) + pairwiseSum(values, from + half, count - half);
  }
  const r = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)] as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  let i = 8;
  for (; i < count - (count % 8); i += 8) for (let k = 0; k < 8; k++) r[k] = (r[k] as number) + at(i + k);
  let sum = r[0] + r[1] + (r[2] + r[3]) + (r[4] + r[5] + (r[6] + r[7]));
  for (; i < count; i++) sum += at(i);
  return sum;
}

/** MindFormers' `normalize`: each weight divided by numpy's sum of all. */
export function normalizeWeights(weights: readonly number[]): number[] {
  const sum = numpySum(weights);
  return weights.map((weight) => weight / sum);
}
