import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { defaultPort, freePort } from "../../nodes/port.js";
import { launcherOption, withLauncherOption } from "../../record/node-command.js";
import type { RunFile } from "../../record/run-file.js";

function plannedPort({ cluster }: RunFile): unknown {
  return typeof cluster === "object" && cluster !== null && "port" in cluster ? cluster.port : undefined;
}

/**
 * The description of one more attempt on another port. Undefined where the caller chose the port or other nodes know
 * it.
 */
export async function withOtherPort(file: RunFile): Promise<RunFile | undefined> {
  const [command] = file.commands;
  if (file.commands.length !== 1 || command === undefined || plannedPort(file) !== defaultPort) return undefined;
  const attempt = file.attempt + 1;
  const logs = launcherOption(command, "log_dir")?.replace(`/attempt-${file.attempt}`, `/attempt-${attempt}`);
  if (logs === undefined) return undefined;
  await mkdir(dirname(logs), { recursive: true });
  const moved = withLauncherOption(command, "master_port", String(await freePort()));
  return { ...file, attempt, commands: [withLauncherOption(moved, "log_dir", logs)] };
}
