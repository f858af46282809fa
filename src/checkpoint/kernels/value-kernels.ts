/** Bytes of the results of `sumKernel`: two doubles, two floats, one whole number. */
export const sumResultBytes = 32;

const highHalf = "8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15";

function step(at: string, bytes: number): string {
  return `(local.set ${at} (i32.add (local.get ${at}) (i32.const ${bytes})))`;
}

/** Joins the lanes of a vector: `f64.add` gives their sum. */
function each(shape: "f64x2" | "f32x4" | "i32x4", join: string, name: string): string {
  const lanes = shape === "f64x2" ? [0, 1] : [0, 1, 2, 3];
  return lanes
    .map((lane) => `(${shape}.extract_lane ${lane} (local.get ${name}))`)
    .reduce((all, one) => `(${join} ${all} ${one})`);
}

/**
 * Sum, sum of squares, least and largest value, and zeros of 32-bit floats, a multiple of four. Parameters: values,
 * their bytes, result. A value that is not finite makes the sum of squares not finite.
 */
export function sumKernel(): string {
  const add = (sum: string, value: string) => `(local.set ${sum} (f64x2.add (local.get ${sum}) ${value}))`;
  const square = (name: string) => `(f64x2.mul (local.get ${name}) (local.get ${name}))`;
  return `
  (func (param $x i32) (param $bytes i32) (param $out i32) (local $end i32)
    (local $v v128) (local $low v128) (local $high v128) (local $sum v128) (local $sum2 v128)
    (local $squares v128) (local $squares2 v128) (local $min v128) (local $max v128) (local $zeros v128)
    (local.set $min (v128.load (local.get $x)))
    (local.set $max (local.get $min))
    (local.set $end (i32.add (local.get $x) (local.get $bytes)))
    (block $done (loop $next
      (br_if $done (i32.le_u (local.get $end) (local.get $x)))
      (local.set $v (v128.load (local.get $x)))
      (local.set $low (f64x2.promote_low_f32x4 (local.get $v)))
      (local.set $high (f64x2.promote_low_f32x4 (i8x16.shuffle ${highHalf} (local.get $v) (local.get $v))))
      ${add("$sum", "(local.get $low)")} ${add("$sum2", "(local.get $high)")}
      ${add("$squares", square("$low"))} ${add("$squares2", square("$high"))}
      (local.set $min (f32x4.min (local.get $min) (local.get $v)))
      (local.set $max (f32x4.max (local.get $max) (local.get $v)))
      (local.set $zeros
        (i32x4.sub (local.get $zeros) (f32x4.eq (local.get $v) (v128.const i32x4 0 0 0 0))))
      ${step("$x", 16)}
      (br $next)))
    (local.set $sum (f64x2.add (local.get $sum) (local.get $sum2)))
    (local.set $squares (f64x2.add (local.get $squares) (local.get $squares2)))
    (f64.store (local.get $out) ${each("f64x2", "f64.add", "$sum")})
    (f64.store offset=8 (local.get $out) ${each("f64x2", "f64.add", "$squares")})
    (f32.store offset=16 (local.get $out) ${each("f32x4", "f32.min", "$min")})
    (f32.store offset=20 (local.get $out) ${each("f32x4", "f32.max", "$max")})
    (i32.store offset=24 (local.get $out) ${each("i32x4", "i32.add", "$zeros")}))`;
}

/** Bytes of the results of `histogramKernel`: how often each pattern of 16 bits occurs. */
export const histogramBytes = 65_536 * 4;

/**
 * Counts the upper 16 bits of 32-bit words, or words of 16 bits, four at a time. Parameters: words, their bytes,
 * result.
 */
export function histogramKernel(size: 2 | 4): string {
  const count = (index: number) => `
      (local.set $at (i32.add (local.get $out)
        (i32.shl (i32.load16_u offset=${index * size + size - 2} (local.get $x)) (i32.const 2))))
      (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1)))`;
  return `
  (func (param $x i32) (param $bytes i32) (param $out i32) (local $end i32) (local $at i32)
    (local.set $end (i32.add (local.get $x) (local.get $bytes)))
    (block $done (loop $next
      (br_if $done (i32.le_u (local.get $end) (local.get $x)))
      ${[0, 1, 2, 3].map(count).join("")}
      ${step("$x", 4 * size)}
      (br $next))))`;
}

/** Bytes of the results of `scanKernel`: two whole numbers. */
export const scanResultBytes = 16;

export interface ScanLayout {
  readonly size: 2 | 4;
  /** Bits of the smallest normal value. */
  readonly smallest: number;
}

/**
 * The largest bit pattern without its sign, and how many are below the smallest normal one without zero; 16 bytes at a
 * time. Parameters: words, their bytes, result.
 */
export function scanKernel({ size, smallest }: ScanLayout): string {
  const shape = size === 4 ? "i32x4" : "i16x8";
  const all = (word: number) => {
    const lane = size === 4 ? word : word * 0x10001;
    return `(v128.const i32x4 ${lane} ${lane} ${lane} ${lane})`;
  };
  const small = `(v128.and (${shape}.lt_s (local.get $v) ${all(smallest)}) (${shape}.ne (local.get $v) ${all(0)}))`;
  const top =
    size === 4
      ? [0, 1, 2, 3].map((lane) => `(i32x4.extract_lane ${lane} (local.get $top))`)
      : [0, 1, 2, 3, 4, 5, 6, 7].map((lane) => `(i16x8.extract_lane_u ${lane} (local.get $top))`);
  return `
  (func (param $x i32) (param $bytes i32) (param $out i32) (local $end i32)
    (local $v v128) (local $top v128) (local $count v128) (local $best i32)
    (local.set $end (i32.add (local.get $x) (local.get $bytes)))
    (block $done (loop $next
      (br_if $done (i32.le_u (local.get $end) (local.get $x)))
      (local.set $v (v128.and (v128.load (local.get $x)) ${all(size === 4 ? 0x7fffffff : 0x7fff)}))
      (local.set $top (${shape}.max_s (local.get $top) (local.get $v)))
      (local.set $count (i32x4.sub (local.get $count)
        ${size === 4 ? small : `(i32x4.extadd_pairwise_i16x8_s ${small})`}))
      ${step("$x", 16)}
      (br $next)))
    ${top.map((lane) => `(if (i32.lt_u (local.get $best) ${lane}) (then (local.set $best ${lane})))`).join(" ")}
    (i32.store (local.get $out) (local.get $best))
    (i32.store offset=4 (local.get $out) ${each("i32x4", "i32.add", "$count")}))`;
}
