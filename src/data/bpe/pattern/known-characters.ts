/**
 * Which characters JavaScript's and the native tokenizer's tables are known to agree about. The native library
 * (`tokenizers` 0.23) knows Unicode 16; a code point that one side takes for unassigned and the other for a letter
 * would be split differently, so text with such a code point goes to the native library. A test compares both sides
 * for every other code point, in every class and every Unicode form.
 */

// What Unicode 17 added or moved to another category, seen from Unicode 16.
const changedIn17 = [
  "\\u0295\\u088f\\u0c5c\\u0cdc\\u1acf-\\u1add\\u1ae0-\\u1aeb\\u20c1\\u2b96",
  "\\ua7ce-\\ua7cf\\ua7d2\\ua7d4\\ua7f1\\ufbc3-\\ufbd2\\ufd90\\ufd91\\ufdc8-\\ufdce",
  "\\u{10940}-\\u{10959}\\u{10ec5}-\\u{10ed8}\\u{10efa}-\\u{10efb}",
  "\\u{11b60}-\\u{11b67}\\u{11db0}-\\u{11ddb}\\u{11de0}-\\u{11de9}",
  "\\u{16ea0}-\\u{16eb8}\\u{16ebb}-\\u{16ed3}\\u{16ff2}-\\u{16ff6}",
  "\\u{187f8}-\\u{187ff}\\u{18d09}-\\u{18d1e}\\u{18d80}-\\u{18df2}",
  "\\u{1ccfa}-\\u{1ccfc}\\u{1ceba}-\\u{1ced0}\\u{1cee0}-\\u{1cef0}\\u{1e6c0}-\\u{1e6ff}",
  "\\u{1f6d8}\\u{1f777}-\\u{1f77a}\\u{1f8d0}-\\u{1f8d8}",
  "\\u{1fa54}-\\u{1fa57}\\u{1fa8a}\\u{1fa8e}\\u{1fac8}\\u{1facd}",
  "\\u{1faea}\\u{1faef}\\u{1fbfa}\\u{2b73a}-\\u{2b73f}\\u{2cea2}-\\u{2cead}",
  "\\u{323b0}-\\u{33479}",
].join("");

// Characters and marks whose Unicode form the native library does not know: its tables of forms (crate
// unicode-normalization-alignments) are those of Unicode 10. With the parts that newer characters are made of, so
// that no pair of them is put together on one side only.
const formSince10 = [
  "\\u07fd\\u0897-\\u089f\\u08ca-\\u08d3\\u09fe\\u0c3c\\u0d3b\\u0d3c\\u0eba",
  "\\u1715\\u1abf-\\u1ace\\u1df6-\\u1dfa\\u32ff\\ua7f2-\\ua7f4\\ua82c\\uab69",
  "\\u{105c9}\\u{105d2}\\u{105da}\\u{105e4}\\u{10781}-\\u{10785}",
  "\\u{10787}-\\u{107b0}\\u{107b2}-\\u{107ba}\\u{10d24}-\\u{10d27}\\u{10d69}-\\u{10d6d}",
  "\\u{10eab}\\u{10eac}\\u{10efd}-\\u{10eff}\\u{10f46}-\\u{10f50}\\u{10f82}-\\u{10f85}",
  "\\u{11070}\\u{1133b}\\u{11382}-\\u{11385}\\u{1138b}\\u{1138e}",
  "\\u{11390}\\u{11391}\\u{113b8}\\u{113bb}\\u{113c2}\\u{113c5}",
  "\\u{113c7}-\\u{113c9}\\u{113ce}-\\u{113d0}\\u{1145e}\\u{11839}\\u{1183a}\\u{11930}",
  "\\u{11935}\\u{11938}\\u{1193d}\\u{1193e}\\u{11943}\\u{119e0}\\u{11a34}",
  "\\u{11a47}\\u{11a99}\\u{11d42}\\u{11d44}\\u{11d45}\\u{11d97}\\u{11f41}",
  "\\u{11f42}\\u{1611e}-\\u{16129}\\u{1612f}\\u{16d63}\\u{16d67}-\\u{16d6a}",
  "\\u{16ff0}\\u{16ff1}\\u{1ccd6}-\\u{1ccf9}\\u{1e030}-\\u{1e06d}\\u{1e08f}",
  "\\u{1e130}-\\u{1e136}\\u{1e2ae}\\u{1e2ec}-\\u{1e2ef}\\u{1e4ec}-\\u{1e4ef}",
  "\\u{1e5ee}\\u{1e5ef}\\u{1f16c}\\u{1fbf0}-\\u{1fbf9}",
].join("");

// Latin, Cyrillic, general punctuation, kana, the older Han block and Hangul: complete since long ago.
const alwaysKnown =
  "\\u0000-\\u0294\\u0296-\\u02ff\\u0400-\\u052f\\u2010-\\u2027\\u2030-\\u205e" +
  "\\u3041-\\u3096\\u30a1-\\u30ff\\u4e00-\\u9fa5\\uac00-\\ud7a3";

/**
 * The code points to be wary of, as a character class for a regular expression with the flag `v`. `form`: whether
 * texts are brought to a Unicode form. `unicode` is the version of this Node.
 */
export function unknownCharacters(
  { form }: { readonly form: boolean },
  unicode = process.versions.unicode ?? "",
): string {
  const version = Number.parseFloat(unicode);
  if (version < 15 || version > 17) return `[^${alwaysKnown}]`;
  return `[\\p{Cn}${version === 17 ? changedIn17 : ""}${form ? formSince10 : ""}]`;
}
