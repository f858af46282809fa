/** What stands behind an operation's name in the text and behind its code in the module. */
export type Immediate = "local" | "label" | "whole" | "lane" | "memory" | "vector" | "lanes" | "nothing";

export interface Operation {
  readonly code: readonly number[];
  readonly takes: Immediate;
}

export const valueTypes: Readonly<Record<string, number>> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

function plain(code: number, takes: Immediate = "nothing"): Operation {
  return { code: [code], takes };
}

/** Vector operations have the prefix 0xfd and a number in LEB128. */
function vector(number: number, takes: Immediate = "nothing"): Operation {
  return { code: [0xfd, ...(number > 127 ? [(number & 0x7f) | 0x80, number >> 7] : [number])], takes };
}

/** The operations that the kernels need, with the codes of the WebAssembly specification. */
export const operations: Readonly<Record<string, Operation>> = {
  br: plain(0x0c, "label"),
  br_if: plain(0x0d, "label"),
  "local.get": plain(0x20, "local"),
  "local.set": plain(0x21, "local"),
  "local.tee": plain(0x22, "local"),
  "i32.load": plain(0x28, "memory"),
  "f32.load": plain(0x2a, "memory"),
  "i32.load16_u": plain(0x2f, "memory"),
  "i32.store": plain(0x36, "memory"),
  "f32.store": plain(0x38, "memory"),
  "f64.store": plain(0x39, "memory"),
  "i32.const": plain(0x41, "whole"),
  "i32.eq": plain(0x46),
  "i32.lt_u": plain(0x49),
  "i32.le_u": plain(0x4d),
  "i32.add": plain(0x6a),
  "i32.sub": plain(0x6b),
  "i32.and": plain(0x71),
  "i32.shl": plain(0x74),
  "f32.eq": plain(0x5b),
  "f32.min": plain(0x96),
  "f32.max": plain(0x97),
  "f64.abs": plain(0x99),
  "f64.add": plain(0xa0),
  "f64.sub": plain(0xa1),
  "f64.mul": plain(0xa2),
  "f64.max": plain(0xa5),
  "f64.promote_f32": plain(0xbb),
  "f32.reinterpret_i32": plain(0xbe),
  "v128.load": vector(0, "memory"),
  "v128.load16x4_u": vector(4, "memory"),
  "v128.const": vector(12, "vector"),
  "i8x16.shuffle": vector(13, "lanes"),
  "i32x4.extract_lane": vector(27, "lane"),
  "f32x4.extract_lane": vector(31, "lane"),
  "f64x2.extract_lane": vector(33, "lane"),
  "i16x8.ne": vector(46),
  "i16x8.lt_s": vector(47),
  "i32x4.ne": vector(56),
  "i32x4.lt_s": vector(57),
  "f32x4.eq": vector(65),
  "v128.and": vector(78),
  "f64x2.promote_low_f32x4": vector(95),
  "i32x4.extadd_pairwise_i16x8_s": vector(126),
  "i16x8.max_s": vector(152),
  "i32x4.shl": vector(171),
  "i32x4.sub": vector(177),
  "i32x4.max_s": vector(184),
  "i16x8.extract_lane_u": vector(25, "lane"),
  "f32x4.min": vector(232),
  "f32x4.max": vector(233),
  "f64x2.abs": vector(236),
  "f64x2.add": vector(240),
  "f64x2.sub": vector(241),
  "f64x2.mul": vector(242),
  "f64x2.max": vector(245),
};
