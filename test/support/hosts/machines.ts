import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownHome, sshKey, tryLogin } from "./loopback-sshd.js";

/** Settings of one machine. */
export interface MachineSettings {
  /** Variables of every ssh session there. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Size of its own disk in bytes; default: as much as this machine has. */
  readonly diskBytes?: number;
}

/**
 * A machine made of namespaces: network, host name, processes, and a disk of its own at `/srv`. The rest of the file
 * system is shared.
 */
export interface Machine {
  readonly name: string;
  readonly address: string;
  /** Network namespace, for `nsenter --net`. */
  readonly network: string;
  /** Where its `/srv` lies here. */
  readonly disk: string;
  /** Takes the network cable out, and puts it back. */
  cut(): void;
  mend(): void;
  /** Ends its sshd with all sessions; what was started detached lives on. */
  killSshd(): void;
}

export interface Machines {
  readonly all: readonly Machine[];
  /** For `ssh -F`: an entry for each machine by name and by address. */
  readonly sshConfig: string;
  /** Address of this machine on their network. */
  readonly gateway: string;
  /** Lines of /etc/hosts that all of them have. */
  readonly hostsFile: string;
  /** Words before a program that is to run on a machine. */
  enter(name: string): string[];
  /** What a program prints that runs on a machine. */
  run(name: string, ...words: readonly string[]): string;
  close(): Promise<void>;
}

const ip = (...words: string[]) => execFileSync("ip", words, { stdio: ["ignore", "pipe", "pipe"] });

function quietly(work: () => void): void {
  try {
    work();
  } catch {}
}

/** A bridge with a free number; its name is the claim. */
function claimNetwork(): { readonly bridge: string; readonly number: number } {
  const first = Math.floor(Math.random() * 200);
  for (let tries = 0; tries < 200; tries++) {
    const number = 20 + ((first + tries) % 200);
    try {
      ip("link", "add", `mfbr${number}`, "type", "bridge");
      return { bridge: `mfbr${number}`, number };
    } catch (error) {
      if (!String(error).includes("File exists")) throw error;
    }
  }
  throw new Error("no free number for a bridge");
}

const init = `
set -e
hostname "$1"; mount --bind "$2/hosts" /etc/hosts
if [ -n "$4" ]; then mount -t tmpfs -o "size=$4" none "$2/disk"; fi
mount --bind "$2/disk" /srv
exec /usr/sbin/sshd -D -e -f "$2/sshd_config"`;

interface Place {
  readonly folder: string;
  readonly name: string;
  readonly address: string;
}

function writeServer({ folder, name, address }: Place, hosts: string, settings: MachineSettings): void {
  mkdirSync(join(folder, "disk"), { recursive: true });
  writeFileSync(join(folder, "hosts"), hosts);
  sshKey(join(folder, "hostkey"));
  const setEnv = Object.entries(settings.environment ?? {}).map(([key, value]) => `"${key}=${value}"`);
  const [noRc = "", home = ""] = ownHome(folder);
  const lines = [
    "Port 22",
    `ListenAddress ${address}`,
    `HostKey ${join(folder, "hostkey")}`,
    "PidFile none",
    `AuthorizedKeysFile ${join(folder, "..", "id.pub")}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitRootLogin prohibit-password",
    "MaxSessions 64",
    "MaxStartups 64",
    noRc,
    // The first line of a keyword is the one that counts.
    [home, ...setEnv].join(" "),
  ];
  writeFileSync(join(folder, "sshd_config"), `${lines.join("\n")}\n# ${name}\n`);
}

async function startMachine(place: Place, bridge: string, settings: MachineSettings): Promise<ChildProcess> {
  const { name, folder, address } = place;
  ip("netns", "add", name);
  ip("link", "add", `v${name}`, "type", "veth", "peer", "name", "eth0", "netns", name);
  ip("link", "set", `v${name}`, "master", bridge, "up");
  ip("-n", name, "addr", "add", `${address}/24`, "dev", "eth0");
  ip("-n", name, "link", "set", "eth0", "up");
  ip("-n", name, "link", "set", "lo", "up");
  const inside = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const words = ["bash", "-c", init, "init", name, folder, address, String(settings.diskBytes ?? "")];
  const child = spawn("nsenter", [`--net=/run/netns/${name}`, ...inside, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (portion) => {
      said += portion;
      if (said.includes("Server listening")) resolve();
    });
    child.once("exit", () => reject(new Error(`machine ${name} did not start: ${said}`)));
  });
  return child;
}

/** Starts machines on a network of their own; needs root and what the tests' set-up installs. */
export async function startMachines(count: number, settings: readonly MachineSettings[] = []): Promise<Machines> {
  mkdirSync("/run/sshd", { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "machines-"));
  const { bridge, number } = claimNetwork();
  const net = `10.77.${number}`;
  ip("addr", "add", `${net}.254/24`, "dev", bridge);
  ip("link", "set", bridge, "up");
  sshKey(join(folder, "id"));
  const places = Array.from({ length: count }, (_, index) => {
    const name = `mf${number}n${index}`;
    return { name, address: `${net}.${index + 1}`, folder: join(folder, name) };
  });
  const hosts = ["127.0.0.1 localhost", ...places.map(({ address, name }) => `${address} ${name}`)].join("\n");
  const children = await Promise.all(
    places.map((place, index) => {
      writeServer(place, `${hosts}\n`, settings[index] ?? {});
      return startMachine(place, bridge, settings[index] ?? {});
    }),
  );
  const known = places.map(({ folder: own, name, address }) => {
    const key = readFileSync(join(own, "hostkey.pub"), "utf8").split(" ").slice(0, 2).join(" ");
    return `${name},${address} ${key}`;
  });
  writeFileSync(join(folder, "known_hosts"), `${known.join("\n")}\n`);
  const sshConfig = join(folder, "config");
  writeFileSync(sshConfig, clientConfig(folder, places));
  await Promise.all(places.map(({ name }) => tryLogin(["-F", sshConfig, name])));
  const ended = children.map((child) => once(child, "exit"));
  const enter = (name: string) => {
    const index = places.findIndex((place) => place.name === name);
    const inside = readFileSync(`/proc/${children[index]?.pid}/task/${children[index]?.pid}/children`, "utf8").trim();
    return ["nsenter", "--net", "--uts", "--mount", "--pid", "--target", inside, "--"];
  };
  return {
    all: places.map((place) => machineOf(place)),
    sshConfig,
    gateway: `${net}.254`,
    hostsFile: hosts,
    enter,
    run(name, ...words) {
      const [command = "", ...into] = enter(name);
      return execFileSync(command, [...into, ...words], { encoding: "utf8" });
    },
    async close() {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(ended);
      for (const { name } of places) quietly(() => ip("netns", "del", name));
      quietly(() => ip("link", "del", bridge));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function clientConfig(folder: string, places: readonly Place[]): string {
  const common = [
    "User root",
    `IdentityFile ${join(folder, "id")}`,
    "IdentitiesOnly yes",
    `UserKnownHostsFile ${join(folder, "known_hosts")}`,
    "GlobalKnownHostsFile /dev/null",
    "StrictHostKeyChecking yes",
  ];
  const aliases = places.map(({ name, address }) => `Host ${name}\n  HostName ${address}\n`);
  return `${aliases.join("")}Host *\n${common.map((line) => `  ${line}\n`).join("")}`;
}

function machineOf({ name, address, folder }: Place): Machine {
  return {
    name,
    address,
    network: `/run/netns/${name}`,
    disk: join(folder, "disk"),
    cut: () => void ip("link", "set", `v${name}`, "down"),
    mend: () => void ip("link", "set", `v${name}`, "up"),
    killSshd() {
      const pids = execFileSync("ip", ["netns", "pids", name], { encoding: "utf8" }).trim().split("\n");
      for (const pid of pids) {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        if (/^sshd: (?!\/usr\/sbin\/sshd)/.test(command)) quietly(() => process.kill(Number(pid), "SIGKILL"));
      }
    },
  };
}
