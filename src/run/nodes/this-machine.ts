import { LabError } from "../../core/error.js";
import type { Connector } from "./connection.js";
import { type NodeProgramPlace, programWords } from "./ssh.js";

/** Starts the node program of a node that this machine plays. */
export function ownConnector(name: string, place: Omit<NodeProgramPlace, "access">): Connector {
  return {
    name,
    argv: programWords({ ...place, access: { container: [] } }),
    explain: ({ exitCode, signal, trouble }) => {
      const how = signal ?? (exitCode === undefined ? "it did not start" : `exit code ${exitCode}`);
      const last = trouble.at(-1) ?? "";
      return new LabError("NODE_UNREACHABLE", `node ${name}: the node program ended: ${how}: ${last}`, {
        hint: `ls -l ${place.python}`,
        details: { node: name, exitCode, signal, trouble },
      });
    },
  };
}
