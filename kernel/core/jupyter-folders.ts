import { homedir } from "node:os";
import { join } from "node:path";

/** What tells where Jupyter keeps its files. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

export const realSurroundings = (): Surroundings => ({
  environment: process.env,
  platform: process.platform,
  home: homedir(),
});

/** The user's own folder for Jupyter's data. */
export function jupyterDataFolder({ environment, platform, home }: Surroundings): string {
  if (environment.JUPYTER_DATA_DIR) return environment.JUPYTER_DATA_DIR;
  if (platform === "darwin") return join(home, "Library", "Jupyter");
  if (platform === "win32") return join(environment.APPDATA || join(home, ".jupyter", "data"), "jupyter");
  return join(environment.XDG_DATA_HOME || join(home, ".local", "share"), "jupyter");
}
