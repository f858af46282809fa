import { expect, it } from "vitest";
import type { Outgoing } from "../../../../kernel/channels/messages.js";
import { createStatusBoard } from "../../../../kernel/thread/status-board.js";

const header = (id: string, type: string) => ({
  msg_id: id,
  session: "",
  username: "",
  date: "",
  msg_type: type,
  version: "",
});
const cell = header("cell", "execute_request");
const side = header("side", "complete_request");

function board() {
  const sent: Outgoing[] = [];
  const states = () => sent.map(({ parent, content }) => `${parent?.msg_id} ${JSON.parse(content).execution_state}`);
  return { ...createStatusBoard((message) => sent.push(message)), states };
}

it("after the idle of another request, the running cell is busy again, so that nobody believes it over", () => {
  const { busy, idle, states } = board();
  busy(cell);
  busy(side);
  idle(side);
  idle(cell);
  expect(states()).toEqual(["cell busy", "side busy", "side idle", "cell busy", "cell idle"]);
});

it("between cells idle stays idle", () => {
  const { busy, idle, states } = board();
  busy(cell);
  idle(cell);
  busy(side);
  idle(side);
  expect(states()).toEqual(["cell busy", "cell idle", "side busy", "side idle"]);
});
