import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { LabError } from "../../core/error.js";
import type { ClusterAccess } from "../../plan/command/cluster.js";
import type { ClusterHost } from "../../plan/command/hosts.js";
import { quoteWord } from "../../plan/command/shell-words.js";
import type { ConnectionEnd, Connector } from "./connection.js";
import { bootProgram } from "./program.js";

/** The path of a socket has at most 107 bytes; ssh adds a hash and a temporary suffix, together 65. */
const longestSocketFolder = 42;

/** Folder on the node, and what runs the node program there. */
export interface NodeProgramPlace {
  readonly folder: string;
  readonly nodeRank: number;
  readonly python: string;
  readonly access: Pick<ClusterAccess, "setup" | "container">;
}

/**
 * Words that start the node program on a node. A setup script is sourced by bash (CANN's `set_env.sh` needs it) with
 * its
 * output on standard error; inside a container it is sourced there.
 */
export function programWords({ folder, nodeRank, python, access }: NodeProgramPlace): string[] {
  const program = [python, "-u", "-c", bootProgram, "serve", folder, String(nodeRank)];
  const sourced =
    access.setup === undefined
      ? program
      : ["bash", "-c", 'source "$0" 1>&2 </dev/null && exec "$@"', access.setup, ...program];
  return [...access.container, ...sourced];
}

/**
 * Words as one line for the login shell of the other machine. Every word with a character that a shell may take for
 * something is quoted.
 * @throws CLUSTER_INVALID for a null byte or a line end, which not every shell can pass on
 */
export function remoteLine(words: readonly string[]): string {
  const wrong = words.find((word) => /[\0\r\n]/.test(word));
  if (wrong !== undefined)
    throw new LabError("CLUSTER_INVALID", `word ${JSON.stringify(wrong)}: expected text of one line`, {
      hint: "choose paths and names without line ends",
    });
  return `exec ${words.map((word) => (/^[\w./-]+$/.test(word) ? word : quoted(word))).join(" ")}`;
}

/** fish reads `\` inside quotes, other shells don't: there a backslash stands outside. */
function quoted(word: string): string {
  if (!word.includes("\\")) return /^[\w@%+=:,./-]+$/.test(word) ? `'${word}'` : quoteWord(word);
  return word
    .split("\\")
    .map((part) => (part === "" ? "" : quoted(part)))
    .join("\\\\");
}

/** ssh's own words before the host, without those of this connection only. */
function targetWords(access: Pick<ClusterAccess, "sshConfig">, host: ClusterHost): string[] {
  return [
    ...(access.sshConfig === undefined ? [] : ["-F", access.sshConfig]),
    ...(host.port === undefined ? [] : ["-p", String(host.port)]),
    ...(host.user === undefined ? [] : ["-l", host.user]),
    "--",
    host.host,
  ];
}

/** Two configurations may hold different keys for one host: they share no login. */
function configKey({ sshConfig = "" }: Pick<ClusterAccess, "sshConfig">): string {
  return createHash("sha256").update(sshConfig).digest("hex").slice(0, 6);
}

/** A folder for the sockets of shared connections that only this user can enter; undefined if there can't be one. */
function socketFolder(): string | undefined {
  const { uid } = userInfo();
  const folder = join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `mf-lab-ssh-${uid}`);
  try {
    mkdirSync(folder, { mode: 0o700, recursive: true });
    const found = lstatSync(folder);
    const own = found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0;
    return own && folder.length <= longestSocketFolder ? folder : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The system's `ssh` with its own configuration, agent, jump hosts, and known hosts. It never prompts. A cut link
 * ends it after
 * 2 s × 3. Connections to one host share a login for a minute.
 */
export function sshConnector(
  access: Pick<ClusterAccess, "sshConfig" | "setup" | "container">,
  host: ClusterHost,
  place: Omit<NodeProgramPlace, "access">,
): Connector {
  const sockets = socketFolder();
  const options = {
    BatchMode: "yes",
    ConnectTimeout: "5",
    ServerAliveInterval: "2",
    ServerAliveCountMax: "3",
    RequestTTY: "no",
    RemoteCommand: "none",
    ForwardX11: "no",
    EscapeChar: "none",
    ...(sockets === undefined
      ? { ControlPath: "none" }
      : { ControlMaster: "auto", ControlPersist: "60", ControlPath: join(sockets, `${configKey(access)}-%C`) }),
  };
  const target = targetWords(access, host);
  return {
    name: host.text,
    argv: [
      "ssh",
      ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
      ...target,
      remoteLine(programWords({ ...place, access })),
    ],
    explain: (end) => sshError(end, { name: host.text, target, python: place.python }),
  };
}

const reasons: readonly (readonly [pattern: RegExp, reason: string, hint: (line: string, host: string) => string])[] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    "its host key differs from the one in known_hosts",
    (_line, host) => `if the machine was reinstalled, in a terminal: ssh-keygen -R ${host}`,
  ],
  [
    /Host key verification failed/,
    "its host key is not known",
    (line) => `in a terminal: ${line} true   # and confirm the key`,
  ],
  [
    /Permission denied/,
    "it refuses the login",
    (line) => `in a terminal: ${line.replace(/^ssh /, "ssh-copy-id ").replace(" -- ", " ")}`,
  ],
  [/Could not resolve hostname/, "its name does not resolve", (line) => `in a terminal: ${line} true`],
  [/Connection refused/, "nothing accepts ssh there", (line) => `in a terminal: ${line} true`],
  [
    /Connection timed out|No route to host|Network is unreachable/,
    "no answer",
    (line) => `in a terminal: ${line} true`,
  ],
  [
    /Timeout, server .* not responding|no sign of life/,
    "the connection was cut",
    (line) => `in a terminal: ${line} true`,
  ],
];

/**
 * The error for a connection that ended. ssh's 255 means a connection that was never made or was lost, or a remote
 * command that a signal ended.
 */
function sshError(
  end: ConnectionEnd,
  about: { readonly name: string; readonly target: readonly string[]; readonly python: string },
): LabError {
  const line = ["ssh", ...about.target].map(quoteWord).join(" ");
  const text = end.trouble.join("\n");
  const last = end.trouble.at(-1) ?? "";
  const host = about.target.at(-1) ?? "";
  const details = { node: about.name, exitCode: end.exitCode, signal: end.signal, trouble: end.trouble };
  if (!end.established && end.exitCode !== undefined && end.exitCode !== 255) {
    const found = end.exitCode === 127 ? `no program ${about.python}` : `exit code ${end.exitCode}`;
    return new LabError(
      "NODE_PROGRAM_FAILED",
      `node ${about.name}: the node program did not start: ${found}: ${last}`,
      {
        hint: `in a terminal: ${line} ls -l ${quoteWord(about.python)}`,
        details,
      },
    );
  }
  if (!end.established && /no sign of life/.test(text)) {
    const reason = `it accepts the login, but starts nothing (${last.trim()})`;
    return new LabError("NODE_UNREACHABLE", `node ${about.name}: ${reason}`, {
      hint:
        `in a terminal: time ${line} true   ` +
        "# if this hangs: look into the shell's start-up files there, such as ~/.bashrc",
      details,
    });
  }
  const known = reasons.find(([pattern]) => pattern.test(text));
  const reason = known?.[1] ?? (end.established ? "the connection ended" : "no connection");
  return new LabError("NODE_UNREACHABLE", `node ${about.name}: ${reason}${last === "" ? "" : ` (${last.trim()})`}`, {
    hint: known?.[2](line, host) ?? `in a terminal: ${line} true`,
    details,
  });
}
