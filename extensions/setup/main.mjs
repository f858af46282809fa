// npm start | npm test | npm run lab | npm run setup. Plain JavaScript without packages: it runs before anything is
// installed.
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { root, venvBin, venvEnvironment } from "./layout.mjs";
import { run, SetupError } from "./program.mjs";
import { bad, good, strong } from "./reporter.mjs";
import { setUp } from "./setup.mjs";
import { report } from "./test-report.mjs";
import { browser, clusterTools, compiledTests, findBrowser } from "./test-tools.mjs";

const mainNotebook = join(root, "notebooks", "10-full-pretraining.ipynb");
const executed = join(root, "runs", "10-full-pretraining.ipynb");

/**
 * The main job: the whole pre-training notebook through papermill; further arguments go to papermill (`npm start -- -p
 * steps 50`).
 */
async function start(args) {
  await setUp();
  mkdirSync(join(root, "runs"), { recursive: true });
  console.log(`\n${strong("Running notebooks/10-full-pretraining.ipynb through papermill")}`);
  const began = Date.now();
  const papermill = [
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
  const code = await run(venvBin("papermill"), papermill, { cwd: root, env: venvEnvironment() });
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
    console.error(
      `\n${bad("✗")} papermill ended with exit code ${code}; ` +
        `the error is in ${place}\n  to look at it: npm run lab -- --LabApp.default_url=/lab/tree/${place}`,
    );
    return code;
  }
  console.log(
    `\n${good("✓")} done in ${Math.round((Date.now() - began) / 1000)} s. The executed notebook: ${strong(place)}`,
  );
  console.log(`  look at it: ${strong(`npm run lab -- --LabApp.default_url=/lab/tree/${relative(root, executed)}`)}`);
  console.log(`  run it yourself, cell by cell: ${strong("npm run lab")}`);
  return 0;
}

/** JupyterLab on the project folder, with the executed notebook in runs/; further arguments go to jupyter lab. */
async function lab(args) {
  await setUp();
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
  await setUp([browser, clusterTools, compiledTests]);
  const node = (script, ...rest) =>
    run(process.execPath, [join(root, "node_modules", script), ...rest], { cwd: root, env });
  const env = { ...venvEnvironment(), CHROME_PATH: findBrowser() };
  const code = await node("vitest/vitest.mjs", "run", "--config", "test/vitest.config.ts", ...args);
  return report() && code === 0 ? 0 : code || 1;
}

/** The slow tests of the real engine and of faults; writes test/reports/campaign.md. */
async function campaign(args) {
  await setUp([clusterTools, compiledTests]);
  const options = { cwd: root, env: venvEnvironment() };
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const config = join("test", "campaign", "vitest.config.ts");
  const code = await run(process.execPath, [vitest, "run", "--config", config, ...args], options);
  await run(process.execPath, [join(root, "test", "campaign", "report.mjs")], options);
  return code;
}

const commands = { setup: async () => setUp(), start, lab, test, campaign };
const [name, ...args] = process.argv.slice(2);
try {
  process.exitCode = (await commands[name](args)) ?? 0;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n${bad("✗")} ${error.message}\n  fix: ${error.cure}`);
  process.exitCode = 1;
}
