import { isIPv4, isIPv6 } from "node:net";
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

/** Where a host stands; the default is an option of `planRun`. */
export interface HostPlace {
  /** Path of the host file. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

const userName = /^[A-Za-z0-9_][\w.-]*\$?$/;
const hostName = /^[\w](?:[\w.-]*[\w])?$/;
const address6 = /^[0-9A-Fa-f:.]+(?:%[\w.-]+)?$/;
const maximumSlots = 1024;

function refuse(text: string, expected: string, place?: HostPlace): LabError {
  const found = JSON.stringify(text);
  const message =
    place === undefined
      ? `cluster host ${found}: expected ${expected}`
      : `host file ${place.path}, line ${place.line}: expected ${expected}, found ${found}`;
  const details = { host: text, ...(place && { file: place.path, line: place.line }) };
  return new LabError("CLUSTER_INVALID", message, { hint: hintFor(text, place), details });
}

function hintFor(text: string, place?: HostPlace): string {
  const range = rangeHint(text);
  if (range !== undefined) return range;
  if (text.includes(",")) return place ? "put each host on a line of its own" : "write each host as a text of its own";
  if (place) return `correct line ${place.line}, for example user@10.0.0.1:2222 slots=8`;
  return 'for example cluster: { via: "ssh", hosts: ["user@10.0.0.1:2222", "10.0.0.2"] }';
}

/** What writes out the names of a range such as `node[1-4]`, as Slurm abbreviates them; undefined for other texts. */
export function rangeHint(text: string): string | undefined {
  const [range] = /^[\w.,[\]-]*\[[\d,-]+\][\w.,[\]-]*/.exec(text.replace(/^[^@]*@/, "")) ?? [];
  return range === undefined ? undefined : `write the names out: scontrol show hostnames '${range}' prints them`;
}

/** True for an IPv6 address, with or without a zone (`fe80::1%eth0`). */
function isAddress6(text: string): boolean {
  return address6.test(text) && isIPv6(text.replace(/%.*/, ""));
}

/** True for a host name, an alias of ssh, or an address; IPv6 addresses stand without brackets. */
function isHost(text: string): boolean {
  if (/^\d+(?:\.\d+){3}$/.test(text)) return isIPv4(text);
  return hostName.test(text) || isAddress6(text);
}

/** True for a host without a user and a port; an IPv6 address may stand in brackets. */
export function isHostAlone(text: string): boolean {
  const [, bracketed] = /^\[(.*)\]$/.exec(text) ?? [];
  return bracketed === undefined ? isHost(text) : isAddress6(bracketed);
}

/** Reads `[user@]host[:port]` or `[user@][address6]:port`. @throws CLUSTER_INVALID */
export function parseHost(text: string, place?: HostPlace): ClusterHost {
  const match = /^(?:([^@]*)@)?(?:\[([^\]]+)\]|([^:[\]]+|[^[\]]*:[^[\]]*:[^[\]]*))(?::(\d{1,5}))?$/.exec(text);
  const [, user, bracketed, plain = "", port] = match ?? [];
  const host = bracketed ?? plain;
  if (user !== undefined && !userName.test(user))
    throw refuse(text, "a user name of letters, digits, ., _, and -", place);
  if (/[[\]]/.test(text) && !isAddress6(bracketed ?? ""))
    throw refuse(text, "[user@]host[:port] with brackets only around an IPv6 address", place);
  if (!isHost(host)) throw refuse(text, "[user@]host[:port] with a host name or an address", place);
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    throw refuse(text, "a port from 1 to 65535", place);
  return {
    text,
    ...(user !== undefined && { user }),
    host,
    ...(port !== undefined && { port: Number(port) }),
  };
}

/** The words of a line before its comment; `slots = 8` is one word, `slots=8`. */
function wordsOf(line: string): string[] {
  const words = line.replace(/#.*/, "").trim().split(/\s+/).join(" ");
  return words.replace(/ ?= ?/g, "=").split(" ");
}

function parseLine(line: string, place: HostPlace): ClusterHost | undefined {
  const [name, ...options] = wordsOf(line);
  if (!name) return undefined;
  const found = options.map((option) => /^(slots|max_slots|max-slots)=(\d+)$/.exec(option));
  if (found.includes(null)) throw refuse(line.trim(), "only slots=N behind the host", place);
  const host = parseHost(name, place);
  const slots = found.find((option) => option?.[1] === "slots")?.[2];
  if (slots === undefined) return host;
  if (Number(slots) < 1 || Number(slots) > maximumSlots)
    throw refuse(line.trim(), `slots from 1 to ${maximumSlots}`, place);
  return { ...host, slots: Number(slots) };
}

/**
 * Reads a host file: one host a line, `slots=N` of MPI's style behind it, `#` begins a comment. @throws CLUSTER_INVALID
 * with the line
 */
export function parseHostFile(text: string, path: string): ClusterHost[] {
  if (text.includes("\0"))
    throw new LabError("CLUSTER_INVALID", `host file ${path}: expected UTF-8 text, found UTF-16 or null bytes`, {
      hint: "save the file as UTF-8: iconv -f UTF-16 -t UTF-8 hosts.txt > hosts-utf8.txt",
      details: { file: path },
    });
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  const placed = lines.flatMap((line, index) => {
    const host = parseLine(line, { path, line: index + 1 });
    return host === undefined ? [] : [{ host, line: index + 1 }];
  });
  const twice = firstTwice(placed.map(({ host }) => host));
  if (twice !== undefined) {
    const [first, second] = twice.map((at) => placed[at]) as [(typeof placed)[0], (typeof placed)[0]];
    throw refuse(second.host.text, `every host once (line ${first.line} names it)`, { path, line: second.line });
  }
  if (placed.length > 0) return placed.map(({ host }) => host);
  throw new LabError("CLUSTER_INVALID", `host file ${path}: expected at least one host, found none`, {
    hint: "write one host a line, for example user@10.0.0.1:2222 slots=8",
    details: { file: path },
  });
}

/** The host in one spelling: names in lower case, IPv6 addresses in their shortest form without brackets. */
export function hostKey(host: string): string {
  const [address = "", zone] = host.replace(/^\[(.*)\]$/, "$1").split("%");
  if (!isIPv6(address)) return host.toLowerCase();
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  return zone === undefined ? short : `${short}%${zone}`;
}

/** Places of the first host that is there twice and of its first mention; 22 is the default port. */
export function firstTwice(
  hosts: readonly Pick<ClusterHost, "host" | "port">[],
): readonly [first: number, second: number] | undefined {
  const places = new Map<string, number>();
  for (const [at, { host, port = 22 }] of hosts.entries()) {
    const key = `${hostKey(host)} ${port}`;
    const first = places.get(key);
    if (first !== undefined) return [first, at];
    places.set(key, at);
  }
  return undefined;
}

/** Every host once. @throws CLUSTER_INVALID */
export function hostList(hosts: readonly ClusterHost[]): readonly ClusterHost[] {
  const [first, second] = (firstTwice(hosts) ?? []).map((at) => hosts[at]?.text);
  if (second === undefined) return hosts;
  throw refuse(
    second,
    first === second ? "every host once" : `every host once, found it as ${JSON.stringify(first)} too`,
  );
}

/** A name for every host: its address, with the port where two share the address. */
export function hostNames(hosts: readonly ClusterHost[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { host } of hosts) counts.set(hostKey(host), (counts.get(hostKey(host)) ?? 0) + 1);
  return hosts.map(({ host, port = 22 }) => {
    if (counts.get(hostKey(host)) === 1) return host;
    return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  });
}
