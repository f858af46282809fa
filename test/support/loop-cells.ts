import { pick } from "./random.js";

/** Cells with loops at their top level. */
export interface LoopCells {
  /** Variables that the head declares; the last one is a list of functions. */
  readonly names: readonly string[];
  readonly head: string;
  readonly bodies: readonly string[];
  /** The head is a cell of its own. */
  readonly isApart: boolean;
}

const declarations =
  "let a = 1, b = 2\nlet c: any = 3; let s = 'x'; let r: any[] = [1, 2, 3]; let o: any = { k: 1, m: 2 }";
/** Constants and functions, some of which know variables. */
const functions = [
  "const inc = () => { a++ }",
  "function inc() { b += a }",
  "const inc = () => { c = c + 1; return a }",
  "class Inc { get v() { return ++a } }\nconst inc = () => new Inc().v",
  "const inc = () => 1",
  "function inc(x = 2) { for (let i = 0; i < 2; i++) x += i; return x }",
  "const inc = () => { if (r.length > 3) throw new Error('inc ' + b); r.push(b) }",
  "const inc = () => { [a, b] = [b, a] }",
  "const inc = () => [1, 2].map((x) => a += x).length",
  "function inc() { let n = 0; for (const x of r) { if (x === b) continue; n++ } while (n < 3) n++\n" +
    "do a++; while (a % 3 === 1)\nfor (;;) if (n++ > 4) break\nfor (const k in o) s += k.length // c\nreturn n }",
  "const inc = () => { outer: for (let i = 0; i < 3; i++) { const f = () => i; for (const x of [1, 2]) " +
    "if (x > i) continue outer; else fns.push(f) } }",
  "namespace Space { export const f = () => a++ }\nconst inc = Space.f",
  "const inc = (() => { let a = 0; return () => a++ })()",
] as const;

const effects = [
  "a++",
  "--b",
  "a += b",
  "b = a * 2 % 97",
  "c = a && b",
  "a ||= 3",
  "c ??= a",
  "b **= 1",
  "s += a",
  "s = (s + `/` + b).slice(-9)",
  "r.push(a)",
  "r[0] = b",
  "o.k += a",
  "o = { ...o, k: a }",
  "[a, b] = [b, a]",
  "[a = 5, ...r] = [...r.slice(-3), b]",
  "({ k: a, z: b = 4 } = o)",
  "({ a, b: o.m } = { a: b, b: a })",
  "inc()",
  "log(a, b, s)",
  "seen(a, b, c, s)",
  "seen(a, b, c, s)",
  "log(a++, --b, c = s)",
  "a++ && log(b)",
  "b = a = b + 1",
  "c = (a += 2) * b++",
  "(a++, b--), c = a",
  "log([a, b] = [b, a])",
  "void a--",
  "log((b as any) += 0.5, a ||= 4, s += 1)",
  "c = a > 3 ? a-- : (b = 2)",
  "c = [n => n, 5n, 'x', undefined, NaN, -0][a % 6]",
  "[a = b++] = [c === 3 ? undefined : 4]",
  "void inc?.()",
  "fns.push(() => a + b)",
  "fns.push(() => { b++; return b })",
  "{ let a = 7; a++; log(a) }",
  "{ const f = (a: number) => a + N; log(f(b)) }",
  "log(typeof a, typeof missing)",
  "if (a > b) a -= 3; else b -= 2",
  "switch (a % 3) { case 0: b++; break; case 1: { a++ } default: s += 'd' }",
  "try { if (a % 4 === 0) throw new Error('t'); a++ } catch (e) { b += 3 } finally { s += 'f' }",
  "for (let i = 0; i < 2; i++) a += i",
  "for (const x of [1, 2]) b += x",
  "for (var vi: any = 0; vi < 2; vi++) a += vi",
  "{ var vi: any = a, [vt, ...vr]: any[] = [b, a]; b += vi + vt; log(vr) }",
  "for (var vt of r.slice(0, 2)) log(vt)",
  "for (const k in { p: 1 }) s += k",
  "do a++; while (a % 2 === 1)",
  "a = N + Math.abs(b)",
  "c = (a as number)!",
  "c = s.charCodeAt(0) + o.m",
  "r = r.map((x) => x ?? a).slice(-4)",
  "r.forEach((x: any) => { b += a; log(x) })",
  "[1, 2].map((x) => a += x)",
  "[1].forEach((x) => fns.push(() => a + x))",
  "r.slice(0, 2).some(function me() { fns.push(me); return a++ > 3 })",
  "(b as any) = a",
  "for ([a, c] of [[1, 2]]) b++",
  "for (c of r.slice(0, 2)) a++",
] as const;

const exits = [
  "if (a > 9) break",
  "if (b % 3 === 1) continue",
  "if (a > 40) throw new Error('a is ' + a)",
  "if (b > 20) throw s",
  "if (c === 4) null.x",
] as const;

/** `B` is the body, `G` counts turns and so ends the loop. */
const loops = [
  "for (let i = 0; i < 4; i++) B",
  "for (let i = 0, j = a; i < 3; i++, a += 2) B",
  "for (a = 0; a < 5 && G; a++) B",
  "for (var v of [1, 2, 3]) B",
  "for (var w = 0; w < 2; w++) B",
  "for (const x of r.slice(0, 3)) B",
  "for (const [x, y = x] of [[1, 2], [3]]) B",
  "for (b of [4, 5]) B",
  "for (const k in o) B",
  "for (s in { p: 1, q: 2 }) B",
  "while (G) B",
  "while (a < 12 && G) B",
  "while (a = a + 1, G) B",
  "while ((c = N - a) && G) B",
  "do B while (G)",
  "do B while (b++ < 9 && G)",
  "for (;;) { if (!(G)) break; B }",
  "for (; G;) B",
  "for (;;a++) { if (!(G)) break; B }",
  "outer: for (let i = 0; i < 3; i++) { for (let j = 0; j < 3; j++) { if (j > i) continue outer; B } a++ }",
  "outer: while (G) { do { if (a > 6) break outer; B } while (b++ % 3 === 1 && G) }",
  "outer: inner: for (const x of [1, 2]) { if (x > 1) continue inner; B }",
  "for (const f of [() => 1, inc]) B",
] as const;

const awaiting = [
  "for await (const x of [1, 2]) B",
  "for (const x of [1, 2]) { await x; B }",
  "while (await (G)) B",
  "while (await 1 && G) for (let i = 0; i < 2; i++) B",
] as const;

/** What stands before a loop, without a semicolon at its end. */
const before = [
  "declare function ff(): void",
  "declare function gg(x: number): any",
  "type T = number",
  "let z = a",
  "const y = () => a",
  "a = b",
  "interface I { n: number }",
  "abstract class Q { abstract n: number }",
  "function over(x: number): void\nfunction over(x: any) {}",
  "declare const dd: number",
  "if (a) b++",
  "a++",
  "// a comment",
  "/* a comment */",
  "export {}",
  "var w = r",
  "label: a++",
  "await 0",
  "declare module 'm'",
  "s += `t`",
] as const;

const after = ["\n", ";", "\n;", " // c\n", "\n;[1].length\n", "\n(0, 1)\n", "/* c */\n", "\nlog(a, b, c)\n"] as const;

/** Where the loop `L` stands; what comes before it ends with a line. */
const places = [
  "L",
  "L",
  "L",
  "{ L }",
  "if (N) L\nelse b = 0",
  "if (!N) b = 0; else L",
  "try { L } catch (e) { log(e instanceof Error ? e.message : e, a, b, c, s) } finally { log(a, b) }",
  "try { L } finally { log('finally', a, b, c, s) }",
  "switch (N) { case 6: L\nbreak; default: L }",
  "block: { L }",
  "one: two: L",
  "for (const u of [1, 2]) L",
  "while (await 0) L\nL",
  "{ await 0\nL }",
] as const;

const variables = ["a", "b", "c", "s", "r", "o", "fns"] as const;

/** @param number tells the names of one session from those of others */
export function randomLoopCells(random: () => number, number: number): LoopCells {
  const chance = (probability: number): boolean => random() < probability;
  const loop = (): string => {
    const shape = chance(0.12) ? pick(awaiting, random) : pick(loops, random);
    const turns = `turn() < ${1 + Math.floor(random() * 4)}`;
    return shape.replaceAll("G", turns).replaceAll("B", () => body(random));
  };
  const statement = (): string => {
    const lead = chance(0.5) ? `${pick(before, random)}\n` : "";
    return lead + pick(places, random).replaceAll("L", loop) + pick(after, random);
  };
  const own = (text: string): string => text.replaceAll(/\b(?:[abcsroN]|fns|inc|Inc|Space)\b/g, `$&${number}`);
  const head = `${declarations};\nconst N = 5; const fns: any[] = []; ${pick(functions, random)}\n`;
  const bodies = chance(0.5) ? [statement()] : [statement(), statement()];
  return {
    names: variables.map(own),
    head: own(head),
    bodies: bodies.map(own),
    isApart: chance(0.4),
  };
}

function body(random: () => number): string {
  const parts: string[] = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
    random() < 0.25 ? pick(exits, random) : pick(effects, random),
  );
  if (parts.length === 1 && random() < 0.4 && !/^[{[(]|\}$/.test(parts[0] ?? "")) return `${parts[0]};`;
  const text = parts.reduce((before, part) => before + (random() < 0.5 && !/^[[({`]/.test(part) ? "\n" : "; ") + part);
  return `{ ${text} }`;
}
