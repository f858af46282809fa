import { LabError } from "../../core/error.js";

/** One host as ssh reaches it. */
export interface ClusterHost {
  /** As given, `[user@]host[:port]`. */
  readonly text: string;
  readonly user?: string;
  /** Host name, address, or alias of ssh's configuration; IPv6 addresses without brackets. */
  readonly host: string;
  readonly port?: number;
  /** Workers that the host file grants (`slots=8`). */
  readonly slots?: number;
}

const userName = /^[A-Za-z0-9_][\w.-]*\$?$/;
const hostName = /^[\w](?:[\w.-]*[\w])?$/;
const address6 = /^[0-9A-Fa-f:.]+(?:%[\w.-]+)?$/;

function refuse(text: string, expected: string): LabError {
  return new LabError("CLUSTER_INVALID", `cluster host ${JSON.stringify(text)}: expected ${expected}`, {
    hint: 'for example cluster: { via: "ssh", hosts: ["user@10.0.0.1:2222", "10.0.0.2"] }',
    details: { host: text },
  });
}

/** Reads `[user@]host[:port]` or `[user@][address6]:port`. @throws CLUSTER_INVALID */
export function parseHost(text: string): ClusterHost {
  const match = /^(?:([^@]*)@)?(?:\[([^\]]+)\]|([^:[\]]+|[^[\]]*:[^[\]]*:[^[\]]*))(?::(\d{1,5}))?$/.exec(text);
  const [, user, bracketed, plain = "", port] = match ?? [];
  const host = bracketed ?? plain;
  if (user !== undefined && !userName.test(user)) throw refuse(text, "a user name of letters, digits, ., _, and -");
  if (!(hostName.test(host) || (host.includes(":") && address6.test(host))))
    throw refuse(text, "[user@]host[:port] with a host name or an address");
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) throw refuse(text, "a port from 1 to 65535");
  return {
    text,
    ...(user !== undefined && { user }),
    host,
    ...(port !== undefined && { port: Number(port) }),
  };
}

/**
 * Reads a host file: one host a line, `slots=N` of MPI's style behind it, `#` begins a comment. @throws CLUSTER_INVALID
 * with the line
 */
export function parseHostFile(text: string, path: string): ClusterHost[] {
  const hosts = text.split(/\r?\n/).flatMap((line, index) => {
    const [name, ...options] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (!name) return [];
    const found = options.map((option) => /^(slots|max_slots|max-slots)\s*=\s*(\d+)$/.exec(option));
    const wrong = options[found.indexOf(null)];
    if (wrong !== undefined) throw refuse(line.trim(), `only slots=N behind the host (${path}, line ${index + 1})`);
    const slots = found.find((option) => option?.[1] === "slots")?.[2];
    return [{ ...parseHost(name), ...(slots !== undefined && { slots: Number(slots) }) }];
  });
  if (hosts.length > 0) return hosts;
  throw refuse(path, "a file with at least one host");
}

/** Every host once. @throws CLUSTER_INVALID */
export function hostList(hosts: readonly ClusterHost[]): readonly ClusterHost[] {
  const key = ({ host, port }: ClusterHost) => `${host}:${port ?? ""}`;
  const twice = hosts.find((host, index) => hosts.findIndex((other) => key(other) === key(host)) !== index);
  if (twice !== undefined) throw refuse(twice.text, "every host once");
  return hosts;
}
