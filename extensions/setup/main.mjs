// npm start | npm test | npm run lab | npm run setup. Plain JavaScript without packages: it runs before anything is
// installed.
import { mkdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { root, venvBin, venvEnvironment } from "./layout.mjs";
import { run, SetupError } from "./program.mjs";
import { bad, good, strong } from "./reporter.mjs";
import { setUp } from "./setup.mjs";
import { report } from "./test-report.mjs";
import { browser, clusterTools, compiledTests, findBrowser } from "./test-tools.mjs";

const mainNotebook = join(root, "notebooks", "10-full-pretraining.ipynb");
const executed = join(root, "runs", "10-full-pretraining.ipynb");
// Exit codes of papermill.
const deadKernel = 138;
const wrongUsage = 2;

/**
 * The main job: the whole pre-training notebook through papermill; further arguments go to papermill (`npm start -- -p
 * steps 50`).
 */
async function start(args) {
  await setUp("npm start");
  mkdirSync(join(root, "runs"), { recursive: true });
  console.log(`\n${strong("Running notebooks/10-full-pretraining.ipynb through papermill")}`);
  const began = Date.now();
  const papermill = [
    "-m",
    "mindformers_lab_papermill",
    mainNotebook,
    executed,
    "-k",
    "mindformers-lab",
    "--cwd",
    join(root, "notebooks"),
    "--log-output",
    "--no-progress-bar",
    ...args,
  ];
  let interrupted = false;
  process.once("SIGINT", () => {
    interrupted = true;
  });
  const code = await run(venvBin("python"), papermill, { cwd: root, env: venvEnvironment(), detached: true });
  const place = relative(process.cwd(), executed);
  if (interrupted) {
    console.error(
      `\n${bad("✗")} interrupted. A training that was started goes on by itself:\n` +
        "  to wait for it:  npm start\n" +
        "  to stop it:      in a cell, await (await openRun(NAME)).stop(); listRuns() has the names",
    );
    return 130;
  }
  if (code !== 0) {
    const reason = failure(code, (statSync(executed, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= began);
    if (reason) console.error(`\n${bad("✗")} ${reason}`);
    return code;
  }
  console.log(
    `\n${good("✓")} done in ${Math.round((Date.now() - began) / 1000)} s. The executed notebook: ${strong(place)}`,
  );
  console.log(`  look at it: ${strong(`npm run lab -- --LabApp.default_url=/lab/tree/${relative(root, executed)}`)}`);
  console.log(`  run it yourself, cell by cell: ${strong("npm run lab")}`);
  return 0;
}

/** What to print after papermill failed; undefined if its own line says everything, because no cell ran. */
function failure(code, isWritten) {
  const place = relative(process.cwd(), executed);
  const what = code === deadKernel ? "the kernel ended while a cell ran" : `papermill ended with exit code ${code}`;
  if (!isWritten) return code === 1 || code === wrongUsage ? undefined : what;
  return `${what}; the error is in ${place}\n  to look at it: npm run lab -- --LabApp.default_url=/lab/tree/${place}`;
}

/** JupyterLab on the project folder, with the executed notebook in runs/; further arguments go to jupyter lab. */
async function lab(args) {
  await setUp("npm run lab");
  // Jupyter starts as root only when it is told to; containers often have no other user.
  const asRoot = process.getuid?.() === 0 && !args.includes("--allow-root") ? ["--allow-root"] : [];
  return run(
    venvBin("jupyter"),
    [
      "lab",
      ...asRoot,
      "--ServerApp.root_dir",
      root,
      "--LabApp.default_url",
      "/lab/tree/notebooks/10-full-pretraining.ipynb",
      ...args,
    ],
    {
      cwd: root,
      env: venvEnvironment(),
      stdio: "inherit",
    },
  );
}

/** All tests; further arguments go to vitest (`npm test -- unit/data`). */
async function test(args) {
  await setUp("npm test", [browser, clusterTools, compiledTests]);
  const node = (script, ...rest) =>
    run(process.execPath, [join(root, "node_modules", script), ...rest], { cwd: root, env });
  const env = { ...venvEnvironment(), CHROME_PATH: findBrowser() };
  const code = await node("vitest/vitest.mjs", "run", "--config", "test/vitest.config.ts", ...args);
  return report() && code === 0 ? 0 : code || 1;
}

/** The slow tests of the real engine and of faults; writes test/reports/campaign.md. */
async function campaign(args) {
  await setUp("npm run campaign", [clusterTools, compiledTests]);
  const options = { cwd: root, env: venvEnvironment() };
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const config = join("test", "campaign", "vitest.config.ts");
  const code = await run(process.execPath, [vitest, "run", "--config", config, ...args], options);
  await run(process.execPath, [join(root, "test", "campaign", "report.mjs")], options);
  return code;
}

/** Insertions, deletions, and replacements that make one word the other. */
function editDistance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++)
      next.push(Math.min(next[column - 1] + 1, row[column] + 1, row[column - 1] + (letter === to[column - 1] ? 0 : 1)));
    row = next;
  }
  return row[to.length];
}

function unknownCommand(found) {
  const names = Object.keys(commands);
  const distance = (each) => editDistance(found, each);
  const [near] = names.filter((each) => distance(each) <= 2).sort((a, b) => distance(a) - distance(b));
  const sorted = `${names.slice(0, -1).join(", ")}, or ${names.at(-1)}`;
  const typed = near === "start" || near === "test" ? `npm ${near}` : `npm run ${near}`;
  return new SetupError(
    `expected a command (${sorted}), found ${found === "" ? "none" : JSON.stringify(found)}`,
    near === undefined ? "npm start" : `did you mean ${near}? ${typed}`,
  );
}

const commands = { setup: async () => setUp("npm run setup"), start, lab, test, campaign };
const [name = "", ...args] = process.argv.slice(2);
try {
  if (!Object.hasOwn(commands, name)) throw unknownCommand(name);
  process.exitCode = (await commands[name](args)) ?? 0;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n${bad("✗")} ${error.message}\n  fix: ${error.cure}`);
  process.exitCode = 1;
}
