import { hostname, networkInterfaces } from "node:os";
import { MachineError } from "../../core/error.js";
import type { NodeCommand } from "../../plan/command/command.js";

/** Names and addresses of this machine. */
function ownNames(): Set<string> {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return new Set([hostname(), "localhost", ...addresses]);
}

/** Position of the command that this machine is to start. A single node is always this one. */
export function localNode(commands: readonly NodeCommand[], names: ReadonlySet<string> = ownNames()): number {
  if (commands.length === 1) return 0;
  const found = commands.findIndex(({ node }) => names.has(node));
  if (found >= 0) return found;
  const expected = commands.map(({ node }) => node).join(", ");
  throw new MachineError(
    "NODE_NOT_LOCAL",
    `cluster nodes ${expected}: expected one of them to be this machine, found ${[...names].join(", ")}`,
    {
      hint: "launch on one of the nodes, or start the commands by hand: plan.commands(…)",
      details: { nodes: commands.map(({ node }) => node) },
    },
  );
}
