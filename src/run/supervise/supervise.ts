import { MachineError } from "../../core/error.js";
import { readRunFile } from "../record/run-file.js";
import { writeStopRequest } from "./stop-request.js";
import { Supervisor } from "./supervisor.js";

/** Program that launchRun starts in a session of its own: `node supervise.js <absolute run folder>`. It outlives whoever started it. */
async function main(folder: string): Promise<void> {
  const file = await readRunFile(folder);
  if (!file) {
    throw new MachineError("RUN_MISSING", `run folder ${folder}: expected a run.json, found none`, {
      hint: "listRuns()",
    });
  }
  process.on("SIGHUP", () => undefined);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      void writeStopRequest(folder, { requestedAt: Date.now(), graceful: true, timeoutMs: 30_000 });
    });
  }
  const verdict = await new Supervisor({ folder, file, pollMs: Number(process.env.MF_LAB_POLL_MS ?? 200) }).run();
  console.log(verdict.message);
}

main(process.argv[2] ?? "").catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
