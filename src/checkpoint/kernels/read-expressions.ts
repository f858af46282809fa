/** `(name operand …)`: names, numbers, and expressions. */
export type Expression = readonly (string | Expression)[];

/** Reads S-expressions; `;;` begins a comment. */
export function parseExpressions(text: string): Expression[] {
  const root: (string | Expression)[] = [];
  const open: (string | Expression)[][] = [root];
  for (const [token] of text.replace(/;;.*$/gm, "").matchAll(/[()]|[^\s()]+/g)) {
    const top = open.at(-1) as (string | Expression)[];
    if (token === "(") {
      const inner: (string | Expression)[] = [];
      top.push(inner);
      open.push(inner);
    } else if (token === ")") {
      if (open.length === 1) throw new SyntaxError("expected an end, found )");
      open.pop();
    } else top.push(token);
  }
  if (open.length > 1 || root.some((part) => typeof part === "string")) throw new SyntaxError("expected (…)");
  return root as Expression[];
}
