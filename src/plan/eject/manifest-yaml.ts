/** What a manifest is made of. */
export type ManifestValue =
  | string
  | number
  | boolean
  | readonly ManifestValue[]
  | { readonly [key: string]: ManifestValue };

// Words that YAML 1.1 reads as something else than text.
const taken = /^(y|n|yes|no|on|off|true|false|null|~)$/i;

/** A JSON string is a YAML string in double quotes, once what YAML takes for a line end or refuses is escaped as well. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function scalar(value: string | number | boolean): string {
  if (typeof value !== "string") return String(value);
  return /^[A-Za-z][\w./-]*$/.test(value) && !taken.test(value) ? value : quoted(value);
}

/** A text of several lines as a literal block, which keeps it readable; undefined where a block would change a byte (other line ends, control characters). */
function block(text: string, indent: string): string | undefined {
  if (!text.includes("\n") || /[^\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u.test(text))
    return undefined;
  if (/[\u2028\u2029]/.test(text)) return undefined;
  const body = text.replace(/\n+$/, "");
  const ends = text.length - body.length;
  if (body === "") return undefined;
  const keep = ends === 1 ? "" : ends === 0 ? "-" : "+";
  const lines = text.split("\n").map((line) => (line === "" ? "" : `${indent}  ${line}`));
  const last = ends === 0 ? lines : lines.slice(0, -1);
  return `|2${keep}\n${last.join("\n")}`;
}

function isScalar(value: ManifestValue): value is string | number | boolean {
  return typeof value !== "object";
}

function entries(value: ManifestValue, indent: string): string[] {
  if (Array.isArray(value))
    return value.map((item: ManifestValue) =>
      isScalar(item)
        ? `${indent}- ${scalar(item)}`
        : `${indent}- ${entries(item, `${indent}  `).join("\n").trimStart()}`,
    );
  return Object.entries(value as { [key: string]: ManifestValue }).map(([key, item]) => {
    const head = `${indent}${scalar(key)}:`;
    if (typeof item === "string") return `${head} ${block(item, indent) ?? scalar(item)}`;
    if (isScalar(item)) return `${head} ${scalar(item)}`;
    if (Object.keys(item).length === 0) return `${head} ${Array.isArray(item) ? "[]" : "{}"}`;
    return `${head}\n${entries(item, `${indent}  `).join("\n")}`;
  });
}

/** Kubernetes objects as YAML documents. */
export function manifestYaml(objects: readonly ManifestValue[]): string {
  return objects.map((object) => `${entries(object, "").join("\n")}\n`).join("---\n");
}
