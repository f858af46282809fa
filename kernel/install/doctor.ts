import { type Check, formatCheck } from "./check.js";
import { checkKernelspec, type Wanted } from "./kernelspec-checks.js";
import { checkProgram } from "./program-checks.js";

/** Looks at everything that a kernel needs, prints a line for each, and resolves with whether all is good. */
export async function examine(wanted: Wanted, packageFolder: string, print: (line: string) => void): Promise<boolean> {
  const checks: Check[] = [];
  const add = (...more: readonly Check[]): void => {
    checks.push(...more);
    for (const check of more) print(formatCheck(check));
  };
  add(...(await checkProgram(packageFolder)));
  const { checks: found, argv } = checkKernelspec(wanted, packageFolder);
  add(...found);
  if (argv !== undefined && checks.every(({ isGood }) => isGood)) {
    // Loads zeromq, which is now known to be possible.
    const { tryKernel } = await import("./trial.js");
    add(await tryKernel(argv));
  }
  return checks.every(({ isGood }) => isGood);
}
