import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { kernelInfo, languageVersion } from "../../../../kernel/requests/kernel-info.js";

it("tells the TypeScript version that the evaluator really has", () => {
  expect(createRequire(import.meta.url)("typescript/package.json").version).toBe(languageVersion);
});

it("claims a debugger and subshells, and gives front ends a mode to highlight with", () => {
  expect(kernelInfo("1.2.3")).toMatchObject({
    status: "ok",
    protocol_version: "5.5",
    implementation_version: "1.2.3",
    debugger: true,
    supported_features: ["debugger", "kernel subshells"],
    language_info: { name: "typescript", file_extension: ".ts", codemirror_mode: "typescript" },
  });
});
