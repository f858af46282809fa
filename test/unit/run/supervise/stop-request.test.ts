import { expect, it } from "vitest";
import { nextStopAction, type StopProgress } from "../../../../src/run/supervise/stop-request.js";

/** Plays the time from 0 ms on and notes what is done when. */
function play(request: { graceful: boolean; timeoutMs: number }): string[] {
  let progress: StopProgress = {};
  const actions: string[] = [];
  for (let now = 0; now <= 20_000; now += 500) {
    const action = nextStopAction({ requestedAt: 0, ...request }, progress, { now, requestedAt: 0 });
    if (!action) continue;
    actions.push(`${now} ${action}`);
    const key = { ask: "askedAt", interrupt: "interruptedAt", kill: "killedAt" } as const;
    progress = { ...progress, [key[action]]: now };
  }
  return actions;
}

it("asks once, interrupts when the time is over, kills what is left five seconds later, and then does nothing", () => {
  expect(play({ graceful: true, timeoutMs: 3000 })).toEqual(["0 ask", "3000 interrupt", "8000 kill"]);
});

it("interrupts at once when it is not to be graceful", () => {
  expect(play({ graceful: false, timeoutMs: 60_000 })).toEqual(["0 interrupt", "5000 kill"]);
});

it("a second, ungraceful request cuts the waiting short", () => {
  const progress = { askedAt: 0 };
  expect(
    nextStopAction({ requestedAt: 0, graceful: true, timeoutMs: 60_000 }, progress, { now: 1000, requestedAt: 0 }),
  ).toBeUndefined();
  expect(
    nextStopAction({ requestedAt: 1000, graceful: false, timeoutMs: 60_000 }, progress, {
      now: 1000,
      requestedAt: 1000,
    }),
  ).toBe("interrupt");
});
