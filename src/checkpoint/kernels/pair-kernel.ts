/** What the pairs of two blocks have added up to. */
export interface PairResult {
  readonly before: number;
  readonly after: number;
  readonly difference: number;
  readonly product: number;
  readonly largest: number;
  readonly unchanged: number;
  /** Rows without a change. */
  readonly deadRows: number;
}

export type FloatType = "F32" | "BF16";

/** Bytes of the results: five doubles and two whole numbers. */
export const pairResultBytes = 48;

const highHalf = "8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15";
const half = ["low", "high"] as const;
const sums = ["before", "after", "difference", "product"] as const;

/** Four elements as 32-bit floats, and one. BF16 is the upper half of such a float. */
function loads(type: FloatType, at: string) {
  return type === "F32"
    ? { four: `(v128.load (local.get ${at}))`, one: `(f32.load (local.get ${at}))`, size: 4 }
    : {
        four: `(i32x4.shl (v128.load16x4_u (local.get ${at})) (i32.const 16))`,
        one: `(f32.reinterpret_i32 (i32.shl (i32.load16_u (local.get ${at})) (i32.const 16)))`,
        size: 2,
      };
}

/** `sum += a · b` */
function addTo(shape: string, sum: string, [a, b]: readonly [a: string, b: string]): string {
  return `(local.set ${sum} (${shape}.add (local.get ${sum}) ` + `(${shape}.mul (local.get ${a}) (local.get ${b}))))`;
}

function addUp(shape: string, suffix: string): string {
  const [a, b, d] = [`$a${suffix}`, `$b${suffix}`, `$d${suffix}`];
  return `
    (local.set ${d} (${shape}.sub (local.get ${b}) (local.get ${a})))
    ${addTo(shape, `$before${suffix}`, [a, a])}
    ${addTo(shape, `$after${suffix}`, [b, b])}
    ${addTo(shape, `$difference${suffix}`, [d, d])}
    ${addTo(shape, `$product${suffix}`, [a, b])}
    (local.set $largest${suffix} (${shape}.max (local.get $largest${suffix}) (${shape}.abs (local.get ${d}))))`;
}

function lanes(name: string, join: string): string {
  const one = (part: string, lane: number) => `(f64x2.extract_lane ${lane} (local.get $${name}_${part}))`;
  const inner = (part: string) => `(${join} ${one(part, 0)} ${one(part, 1)})`;
  return `(${join} (local.get $${name}_one) (${join} ${inner("low")} ${inner("high")}))`;
}

function storeSum(name: string, offset: number): string {
  return `(f64.store offset=${offset} (local.get $out) ${lanes(name, "f64.add")})`;
}

/** Adds the four counts of equal elements to `$same`. */
function equalLanes(): string {
  const add = (lane: number) =>
    `(local.set $same (i32.add (local.get $same) (i32x4.extract_lane ${lane} (local.get $equal))))`;
  return [0, 1, 2, 3].map(add).join(" ");
}

/**
 * Sums over the pairs of two matrices of `rows` × `columns`, four elements at a time, all in double precision.
 * Parameters: before, after, rows, columns, result. A value that is not finite makes `difference` not finite.
 */
export function pairKernel(type: FloatType): string {
  const [first, second] = [loads(type, "$x"), loads(type, "$y")];
  const vectors = half.flatMap((part) => ["a", "b", "d", ...sums, "largest"].map((name) => `$${name}_${part}`));
  const singles = ["a", "b", "d", ...sums, "largest"].map((name) => `$${name}_one`);
  return `
  (func (param $x i32) (param $y i32) (param $rows i32) (param $columns i32) (param $out i32)
    (local $left i32) (local $same i32) (local $unchanged i32) (local $dead i32)
    (local $va v128) (local $vb v128) (local $equal v128)
    ${vectors.map((name) => `(local ${name} v128)`).join(" ")}
    ${singles.map((name) => `(local ${name} f64)`).join(" ")}
    (block $end (loop $row
      (br_if $end (i32.eq (local.get $rows) (i32.const 0)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (local.set $left (local.get $columns))
      (local.set $same (i32.const 0))
      (local.set $equal (v128.const i32x4 0 0 0 0))
      (block $short (loop $next
        (br_if $short (i32.lt_u (local.get $left) (i32.const 4)))
        (local.set $va ${first.four})
        (local.set $vb ${second.four})
        (local.set $equal (i32x4.sub (local.get $equal) (f32x4.eq (local.get $va) (local.get $vb))))
        (local.set $a_low (f64x2.promote_low_f32x4 (local.get $va)))
        (local.set $b_low (f64x2.promote_low_f32x4 (local.get $vb)))
        ${addUp("f64x2", "_low")}
        (local.set $a_high
          (f64x2.promote_low_f32x4 (i8x16.shuffle ${highHalf} (local.get $va) (local.get $va))))
        (local.set $b_high
          (f64x2.promote_low_f32x4 (i8x16.shuffle ${highHalf} (local.get $vb) (local.get $vb))))
        ${addUp("f64x2", "_high")}
        (local.set $x (i32.add (local.get $x) (i32.const ${4 * first.size})))
        (local.set $y (i32.add (local.get $y) (i32.const ${4 * first.size})))
        (local.set $left (i32.sub (local.get $left) (i32.const 4)))
        (br $next)))
      (block $done (loop $single
        (br_if $done (i32.eq (local.get $left) (i32.const 0)))
        (local.set $a_one (f64.promote_f32 ${first.one}))
        (local.set $b_one (f64.promote_f32 ${second.one}))
        (local.set $same (i32.add (local.get $same) (f32.eq ${first.one} ${second.one})))
        ${addUp("f64", "_one")}
        (local.set $x (i32.add (local.get $x) (i32.const ${first.size})))
        (local.set $y (i32.add (local.get $y) (i32.const ${first.size})))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $single)))
      ${equalLanes()}
      (local.set $unchanged (i32.add (local.get $unchanged) (local.get $same)))
      (local.set $dead (i32.add (local.get $dead) (i32.eq (local.get $same) (local.get $columns))))
      (br $row)))
    ${sums.map((name, index) => storeSum(name, 8 * index)).join(" ")}
    (f64.store offset=32 (local.get $out) ${lanes("largest", "f64.max")})
    (i32.store offset=40 (local.get $out) (local.get $unchanged))
    (i32.store offset=44 (local.get $out) (local.get $dead)))`;
}

export function pairResult(view: DataView): PairResult {
  const double = (index: number) => view.getFloat64(8 * index, true);
  return {
    before: double(0),
    after: double(1),
    difference: double(2),
    product: double(3),
    largest: double(4),
    unchanged: view.getUint32(40, true),
    deadRows: view.getUint32(44, true),
  };
}
