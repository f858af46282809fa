import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../ports.js";

/** A real sshd on this machine's loopback address, with keys and a client configuration of its own. */
export interface LoopbackSshd {
  readonly port: number;
  /** Configuration for `ssh -F`. */
  readonly config: string;
  readonly knownHosts: string;
  readonly authorizedKeys: string;
  readonly host: string;
  /** Process ids of the sessions that sshd serves. */
  sessions(): number[];
  close(): Promise<void>;
}

export function sshKey(path: string): void {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path]);
}

const sshd = "/usr/sbin/sshd";

/**
 * Lines of sshd_config: sessions have an empty home folder, so that no start-up file of this account's shell has a say.
 */
export function ownHome(folder: string): string[] {
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  return ["PermitUserRC no", `SetEnv HOME=${home}`];
}

/** Runs a command there within 20 s; throws what ssh says about each of its steps. */
export async function tryLogin(words: readonly string[]): Promise<void> {
  const argv = ["-v", "-n", "-o", "BatchMode=yes", "-o", "ControlPath=none", ...words, "true"];
  await promisify(execFile)("ssh", argv, { timeout: 20_000 });
}

export async function startLoopbackSshd(): Promise<LoopbackSshd> {
  const folder = mkdtempSync(join(tmpdir(), "sshd-"));
  const [id, hostKey] = [join(folder, "id"), join(folder, "hostkey")];
  sshKey(id);
  sshKey(hostKey);
  const authorizedKeys = join(folder, "authorized_keys");
  writeFileSync(authorizedKeys, readFileSync(`${id}.pub`), { mode: 0o600 });
  const port = await freePort();
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true });
  writeFileSync(
    join(folder, "sshd_config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${hostKey}`,
      `PidFile ${join(folder, "pid")}`,
      `AuthorizedKeysFile ${authorizedKeys}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      ...ownHome(folder),
    ].join("\n"),
  );
  const knownHosts = join(folder, "known_hosts");
  const key = readFileSync(`${hostKey}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${key}\n`);
  const config = join(folder, "config");
  writeFileSync(
    config,
    `IdentityFile ${id}\nIdentitiesOnly yes\nUserKnownHostsFile ${knownHosts}\nGlobalKnownHostsFile /dev/null\n`,
  );
  const server = spawn(sshd, ["-D", "-e", "-f", join(folder, "sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  server.stderr.on("data", (portion) => {
    said += portion;
  });
  await Promise.race([
    once(server.stderr, "data"),
    once(server, "exit").then(() => Promise.reject(new Error("sshd ended at once"))),
  ]);
  try {
    await tryLogin(["-F", config, "-p", String(port), "127.0.0.1"]);
  } catch (error) {
    server.kill();
    throw new Error(`${error instanceof Error ? error.message : error}\nsshd: ${said}`);
  }
  return {
    port,
    config,
    knownHosts,
    authorizedKeys,
    host: `${userInfo().username}@127.0.0.1:${port}`,
    sessions: () => childrenOf(server.pid as number),
    async close() {
      const gone = once(server, "exit");
      for (const pid of childrenOf(server.pid as number)) end(pid);
      server.kill();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {}
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
