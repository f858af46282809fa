// The closing line of a test run, made from the report that vitest wrote.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./layout.mjs";

const file = join(root, "test", "reports", "vitest.json");

/** Prints `N passed, N failed[, N skipped]`; returns whether there were tests and none failed. */
export function report() {
  if (!existsSync(file)) {
    console.error(`no test report at ${file}`);
    return false;
  }
  const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests, numTodoTests, testResults } =
    JSON.parse(readFileSync(file, "utf8"));
  // A test file that fails before its first test has no failed test to count.
  const brokenFiles = testResults.filter(
    (result) => result.status === "failed" && !result.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const failed = numFailedTests + brokenFiles;
  const skipped = numPendingTests + numTodoTests;
  console.log(`${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed === 0 && numFailedTestSuites === 0 && numPassedTests > 0;
}

if (process.argv[1]?.endsWith("test-report.mjs")) process.exitCode = report() ? 0 : 1;
