import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { clickMenu, screenshotPath } from "../support/lab-browser.js";
import { writeNotebook } from "../support/notebook.js";
import { openSharedLab } from "../support/shared-lab.js";

/** The notebook for the front end's own features. */
const sources = [
  "/** How much a step changes. @param step its number */\n" +
    "function learningRate(step: number): number { return 1 / step; }\nlet runs = 0;",
  "runs += 1;\nconsole.log('rate', learningRate(4), 'run', runs)",
  "[{ step: 1, loss: 2.5 }, { step: 2, loss: 2.25 }]",
  "",
];
/** The notebook for the debugger, and the file that it imports. */
const debugged = [
  "const weights: number[] = [1, 2, 3];\nlet sum = 0;\nfor (const weight of weights) {\n  sum += weight;\n}\nsum",
  'import { twice } from "./helper";\nconst seen = twice(3);\nseen',
];
const helper =
  "interface Unused {\n  a: number;\n}\n\n" +
  "export function twice(value: number): number {\n  const result = 2 * value;\n  return result;\n}\n";
let folder: string;
let lab: Awaited<ReturnType<typeof openSharedLab>>;
let page: Page;
/** When a page last asked the debugger something, or was answered. */
let lastDebugMessage = 0;

beforeAll(async () => {
  lab = await openSharedLab("kernel");
  folder = lab.folder;
  writeNotebook(join(folder, "kernel.ipynb"), sources);
  writeNotebook(join(folder, "debugged.ipynb"), debugged);
  writeFileSync(join(folder, "helper.ts"), helper);
  page = await open("kernel.ipynb");
});

afterAll(async () => {
  await lab?.close();
});

function open(notebook: string): Promise<Page> {
  const note = ({ payload }: { payload: string | Buffer }) => {
    if (payload.includes('"debug_re')) lastDebugMessage = Date.now();
  };
  return lab.open(notebook, (opened) =>
    opened.on("websocket", (socket) => socket.on("framesent", note).on("framereceived", note)),
  );
}

const cell = (index: number) => page.locator(".jp-Notebook .jp-CodeCell").nth(index);
const output = (index: number, text: string) => cell(index).locator(".jp-OutputArea-output", { hasText: text });
const prompt = (index: number, text: string) => cell(index).locator(".jp-InputPrompt", { hasText: text });

const menu = (top: string, entry: RegExp): Promise<void> => clickMenu(page, top, entry);

/** Puts text in place of what stands in the last cell, which keeps the cursor. */
async function type(text: string): Promise<void> {
  await cell(3).locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.type(text);
}

it("runs all cells; text and tables appear", async () => {
  await menu("Run", /^Run All Cells/);
  await output(1, "rate 0.25 run 1").waitFor({ timeout: 60_000 });
  await cell(2).locator("table", { hasText: "2.25" }).waitFor();
});

it("Tab opens completions with kinds, and Shift-Tab the signature with its documentation", async () => {
  await type("Math.a");
  await page.keyboard.press("Tab");
  const popup = page.locator(".jp-Completer");
  await popup.locator(".jp-Completer-item", { hasText: "atan2" }).waitFor();
  expect(await popup.locator(".jp-Completer-type, .jp-Completer-typeExtended").first().isVisible()).toBe(true);
  await page.screenshot({ path: screenshotPath("kernel-completion.png") });
  await page.keyboard.press("Escape");
  await type("learningRate(");
  await page.keyboard.press("Shift+Tab");
  const tooltip = page.locator(".jp-Tooltip");
  await tooltip.waitFor();
  await page.screenshot({ path: screenshotPath("kernel-tooltip.png") });
  expect(await tooltip.textContent()).toContain("function learningRate(step: number): number");
  expect(await tooltip.textContent()).toContain("How much a step changes");
  await page.keyboard.press("Escape");
});

it("the interrupt button ends a cell that never would, and the state survives", async () => {
  await type("while (true) {}");
  await page.keyboard.press("Control+Enter");
  await prompt(3, "[*]").waitFor();
  await page.locator('[data-command="notebook:interrupt-kernel"], jp-button[title*="nterrupt"]').first().click();
  await output(3, "KeyboardInterrupt").first().waitFor({ timeout: 10_000 });
  await type("runs * 100");
  await page.keyboard.press("Control+Enter");
  await output(3, "100").waitFor();
});

it("input() shows a field below the cell, and the cell continues with what is typed", async () => {
  await type("(await input('Who? ')).toUpperCase()");
  await page.keyboard.press("Control+Enter");
  const field = cell(3).locator(".jp-Stdin-input");
  await field.waitFor();
  await field.fill("ada");
  await field.press("Enter");
  await output(3, "'ADA'").waitFor();
});

it("restart and run all starts over, with numbers from 1", async () => {
  await type("'last'");
  await cell(1).locator(".cm-content").click();
  await page.keyboard.press("Control+Enter");
  await output(1, "run 2").waitFor();
  await menu("Kernel", /^Restart Kernel and Run All Cells/);
  await page.locator(".jp-Dialog .jp-mod-accept").click();
  await output(1, "rate 0.25 run 1").waitFor({ timeout: 60_000 });
  await prompt(3, "[4]").waitFor();
  await output(3, "'last'").waitFor();
  await page.screenshot({ path: screenshotPath("kernel-restarted.png") });
});

/**
 * Switches the debugger on once JupyterLab has asked the kernel whether it is on already: it does so for every signal
 * of a notebook that is being opened, and a click in between leaves its panel and gutters without a session.
 */
async function debugNotebook(): Promise<void> {
  page = await open("debugged.ipynb");
  const button = page.locator(".jp-DebuggerBugButton:not([aria-disabled='true'])").first();
  await button.waitFor();
  await expect.poll(() => Date.now() - lastDebugMessage, { timeout: 60_000 }).toBeGreaterThan(2000);
  await button.click();
  await page.locator(".jp-DebuggerBugButton[aria-pressed='true']").first().waitFor();
}

/** Clicks into the gutter of a cell beside a line (from 1); the breakpoint's mark. */
async function setBreakpoint(index: number, line: number) {
  // The first element of a gutter is only there for its width.
  const gutter = cell(index).locator(".cm-breakpoint-gutter .cm-gutterElement").nth(line);
  const mark = gutter.locator(".cm-breakpoint-icon");
  await gutter.waitFor();
  // The gutter is there a moment before it listens.
  for (let attempt = 0; attempt < 5 && (await mark.count()) === 0; attempt++) {
    await gutter.click();
    await mark.waitFor({ timeout: 3000 }).catch(() => undefined);
  }
  return { mark, remove: () => gutter.click() };
}

const press = (title: RegExp) => page.getByTitle(title).filter({ visible: true }).first().click();
/** The line where the kernel stands, in the notebook or in a file. */
const standing = () => page.locator(".jp-DebuggerEditor-highlight").filter({ visible: true });

it("the debugger stops a cell at a breakpoint, shows its variables, steps, and lets it continue", async () => {
  await debugNotebook();
  const breakpoint = await setBreakpoint(0, 4);
  await cell(0).locator(".cm-line").first().click();
  await page.keyboard.press("Control+Enter");
  await standing().waitFor();
  expect(await standing().textContent()).toContain("sum += weight");
  const variables = page.locator(".jp-DebuggerVariables-body");
  await variables.getByText("weight", { exact: false }).first().waitFor();
  await page.locator(".jp-DebuggerCallstack-body li, .jp-DebuggerCallstackFrame").first().waitFor();
  await page.screenshot({ path: screenshotPath("debugger.png") });
  await press(/^Next/);
  await expect.poll(() => standing().textContent(), { timeout: 30_000 }).toContain("for (const weight");
  await breakpoint.remove();
  await breakpoint.mark.waitFor({ state: "detached" });
  await press(/^Continue/);
  await output(0, "6").waitFor();
});

it("a step goes into a function of the user's own .ts file, which the debugger shows", async () => {
  const breakpoint = await setBreakpoint(1, 2);
  await cell(1).locator(".cm-line").first().click();
  await page.keyboard.press("Control+Enter");
  await standing().waitFor();
  await breakpoint.remove();
  await press(/^Step In/);
  const frames = page.locator(".jp-DebuggerCallstack-body");
  await frames.getByText("twice").first().waitFor();
  await expect.poll(() => standing().textContent(), { timeout: 30_000 }).toContain("const result = 2 * value");
  await page.screenshot({ path: screenshotPath("debugger-file.png") });
  await press(/^Continue/);
  // The file's tab stands before the notebook.
  await output(1, "6").waitFor({ state: "attached" });
});
