import { allKeys, sectionPaths } from "./catalog.js";

const width = 118;

/** `"a" | "b" | …` in lines that are not too long. */
function union(names: readonly string[]): string {
  const lines: string[] = [];
  for (const name of names.map((one) => JSON.stringify(one))) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + name.length + 3 <= width) lines[lines.length - 1] = `${last} | ${name}`;
    else lines.push(`  | ${name}`);
  }
  return lines.join("\n");
}

/**
 * Source text of `config-path.ts`: the type of every path that the catalog knows, so that editors and the kernel can
 * complete it.
 */
export function pathTypes(): string {
  const sections = sectionPaths.filter((path) => path !== "callbacks");
  const paths = sections.map((path) => {
    const names = union(Object.keys(allKeys(path)).sort());
    return path === "" ? names : `  | \`${path}.${"${"}\n${names}\n    }\``;
  });
  return [
    "// Written from the catalog by path-types.ts. Its test writes it again:",
    "// npx vitest run --config test/vitest.config.ts --project fast unit/config/config-path --update\n",
    "/** Every path of a configuration that MindFormers 1.9 knows for pre-training (items of lists aside). */",
    `// biome-ignore format: many names\nexport type KnownConfigPath =\n${paths.join("\n")};\n`,
    "/** A path in a configuration: known ones are offered for completion, every other text is accepted as well. */",
    "export type ConfigPath = KnownConfigPath | (string & {});",
    "",
  ].join("\n");
}
