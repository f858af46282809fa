import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/core/package-root.js";

/**
 * Makes a folder `bin` with a Python that believes in MindSpore and MindFormers, and the fixture that plays msrun.
 * Returns the path of that Python, for `cluster.python`.
 */
export function standInEngine(folder: string): string {
  const [bin, site] = [join(folder, "bin"), join(folder, "site")];
  for (const place of [bin, site]) mkdirSync(place, { recursive: true });
  writeFileSync(join(site, "mindspore.py"), "");
  for (const [name, version] of [
    ["mindspore", "2.9.0"],
    ["mindformers", "1.9.0"],
  ]) {
    const info = join(site, `${name}-${version}.dist-info`);
    mkdirSync(info, { recursive: true });
    writeFileSync(join(info, "METADATA"), `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
  }
  const python = join(bin, "python");
  writeFileSync(python, `#!/bin/sh\nPYTHONPATH=${site} exec /usr/bin/python3 "$@"\n`);
  chmodSync(python, 0o755);
  symlinkSync(join(packageRoot(), "test/fixtures/bin/msrun"), join(bin, "msrun"));
  return python;
}
