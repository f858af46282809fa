/**
 * Which characters JavaScript's and the native tokenizer's tables are known to agree about. The native library (`tokenizers` 0.23) knows
 * Unicode 16; a code point that one side takes for unassigned and the other for a letter would be split differently, so text with such a
 * code point goes to the native library. A test compares both sides for every other code point.
 */

// What Unicode 17 added or moved to another category, seen from Unicode 16.
const changedIn17 = [
  "\\u0295\\u088f\\u0c5c\\u0cdc\\u1acf-\\u1add\\u1ae0-\\u1aeb\\u20c1\\ua7ce-\\ua7cf\\ua7d2\\ua7d4\\ua7f1\\ufbc3-\\ufbd2\\ufd90\\ufd91\\ufdc8-\\ufdce",
  "\\u{10940}-\\u{10959}\\u{10ec5}-\\u{10ed8}\\u{10efa}-\\u{10efb}\\u{11b60}-\\u{11b67}\\u{11db0}-\\u{11ddb}\\u{11de0}-\\u{11de9}",
  "\\u{16ea0}-\\u{16eb8}\\u{16ebb}-\\u{16ed3}\\u{16ff2}-\\u{16ff6}\\u{187f8}-\\u{187ff}\\u{18d09}-\\u{18d1e}\\u{18d80}-\\u{18df2}",
  "\\u{1ccfa}-\\u{1ccfc}\\u{1ceba}-\\u{1ced0}\\u{1cee0}-\\u{1cef0}\\u{1e6c0}-\\u{1e6ff}\\u{1f6d8}\\u{1f777}-\\u{1f77a}\\u{1f8d0}-\\u{1f8d8}",
  "\\u{1fa54}-\\u{1fa57}\\u{1fa8a}\\u{1fa8e}\\u{1fac8}\\u{1facd}\\u{1faea}\\u{1faef}\\u{1fbfa}\\u{2b73a}-\\u{2b73f}\\u{2cea2}-\\u{2cead}",
  "\\u{323b0}-\\u{33479}",
].join("");

// Latin, Cyrillic, general punctuation, kana, the older Han block and Hangul: complete since long ago.
const alwaysKnown =
  "\\u0000-\\u0294\\u0296-\\u02ff\\u0400-\\u052f\\u2010-\\u2027\\u2030-\\u205e\\u3041-\\u3096\\u30a1-\\u30ff\\u4e00-\\u9fa5\\uac00-\\ud7a3";

/** The code points to be wary of, as a character class for a regular expression with the flag `v`; `unicode` is the version of this Node. */
export function unknownCharacters(unicode = process.versions.unicode ?? ""): string {
  const version = Number.parseFloat(unicode);
  if (version >= 15 && version <= 16) return "[\\p{Cn}]";
  return version === 17 ? `[\\p{Cn}${changedIn17}]` : `[^${alwaysKnown}]`;
}
