import { posix } from "node:path";
import { LabError } from "../../core/error.js";
import { type ClusterHost, parseHost } from "../../plan/command/hosts.js";

/** A run folder on node 0 of a run. */
export interface RunAddress {
  readonly text: string;
  readonly host: ClusterHost;
  /** Absolute path of the run folder there. */
  readonly folder: string;
}

/** True for `ssh://…`. */
export function isRunAddress(text: string): boolean {
  return typeof text === "string" && text.startsWith("ssh://");
}

/** Reads `ssh://[user@]host[:port]/absolute/path`. @throws ARGUMENT_INVALID, CLUSTER_INVALID */
export function parseRunAddress(text: string, of = { what: "run", verb: "openRun" }): RunAddress {
  const match = /^ssh:\/\/([^/]+)(\/.+)$/.exec(text);
  const folder = posix.normalize(decodeURI(match?.[2] ?? "/")).replace(/\/+$/, "");
  if (!match || folder === "" || /[\0\r\n]/.test(folder))
    throw new LabError(
      "ARGUMENT_INVALID",
      `${of.what} address ${JSON.stringify(text)}: expected ssh://[user@]host[:port]/absolute/path/of/the/${of.what}`,
      { hint: `await ${of.verb}("ssh://10.0.0.1/shared/runs/wiki-1b")`, details: { text } },
    );
  return { text, host: parseHost(match[1] as string), folder };
}
