import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Processor time of a run's supervisor so far, of all its threads, in seconds. */
export function supervisorSeconds(runFolder) {
  const { pid } = JSON.parse(readFileSync(join(runFolder, "lease/1"), "utf8")).holder;
  const threads = readdirSync(`/proc/${pid}/task`);
  const ran = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  return ran.reduce((sum, nanoseconds) => sum + Number(nanoseconds), 0) / 1e9;
}
