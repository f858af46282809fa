import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../../..");
const readme = readFileSync(join(root, "src/data/prepare/README.md"), "utf8");
const source = readFileSync(join(root, "src/data/prepare/options.ts"), "utf8");

// The flags of MindFormers' wikitext_to_bin.py and preprocess_indexed_dataset.py.
const flags = [
  ...[
    "--input",
    "--json-keys",
    "--split-sentences",
    "--keep-newlines",
    "--tokenizer-type",
    "--vocab-file",
    "--merges-file",
  ],
  ...[
    "--tokenizer-file",
    "--tokenizer-dir",
    "--trust-remote-code",
    "--eos_token",
    "--add-bos-token",
    "--add_bos_token",
  ],
  ...[
    "--add-eos-token",
    "--add_eos_token",
    "--vocab-size",
    "--append-eod",
    "--lang",
    "--register_path",
    "--auto_register",
  ],
  ...["--output-prefix", "--seq-length", "--pad-or-stitch", "--workers", "--partitions", "--log-interval"],
  "--keep-sequential-samples",
];
const options = [
  ...(/export interface PrepareOptions \{(.*?)\n\}/s.exec(source)?.[1] ?? "").matchAll(/readonly (\w+)\??:/g),
].map(([, name]) => name as string);

it("every flag of both reference tools is in the table, with an option that exists or the reason why there is none", () => {
  const rows = readme.split("\n").filter((line) => line.startsWith("| `--"));
  expect([...rows.join().matchAll(/`(--[\w-]+)`/g)].map(([, flag]) => flag).sort()).toEqual([...flags].sort());
  for (const row of rows) {
    const right = row.split("|")[2] as string;
    const named = [...right.matchAll(/`(\w+)[`:]/g)].map(([, name]) => name as string);
    expect(named.some((name) => options.includes(name)) || /not (offered|needed):/.test(right), row).toBe(true);
  }
});

it("every option of prepareData is mentioned beside the table", () => {
  expect(options.filter((name) => !new RegExp(`\`${name}[\`:]`).test(readme))).toEqual([]);
});
