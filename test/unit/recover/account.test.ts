import { describe, expect, it } from "vitest";
import { accountOf, slidingRatio } from "../../../src/recover/account/account.js";
import { replay } from "../../../src/recover/account/counterfactual.js";
import { lostTime } from "../../../src/recover/account/incident.js";
import { Incidents } from "../../../src/recover/account/incidents.js";
import type { AccountEvent } from "../../../src/recover/account/timeline.js";
import { displayKey } from "../../../src/view/display-contract.js";

const minute = 60_000;
const fault = (since: number, time: number, more = {}): AccountEvent => ({
  kind: "fault",
  time: time * minute,
  since: since * minute,
  finding: "hang",
  cause: "unknown",
  action: "restart",
  summary: "no sign of progress",
  ...more,
});
const steps = (attempt: number, from: number, to: number, at: readonly [number, number]): AccountEvent => ({
  kind: "steps",
  attempt,
  fromStep: from,
  toStep: to,
  start: at[0] * minute,
  end: at[1] * minute,
  savingMs: 0,
});

// One step a minute; a checkpoint at step 20, a hang after step 30 that is found 5 minutes later.
const events: AccountEvent[] = [
  { kind: "start", time: 0, attempt: 1 },
  { kind: "ready", time: 2 * minute, attempt: 1 },
  steps(1, 1, 20, [5, 25]),
  { kind: "checkpoint", time: 25 * minute, step: 20, seconds: 30 },
  steps(1, 21, 30, [25, 35]),
  fault(35, 40, { rank: 3 }),
  { kind: "start", time: 41 * minute, attempt: 2 },
  { kind: "ready", time: 44 * minute, attempt: 2 },
  steps(2, 21, 60, [46, 86]),
  { kind: "end", time: 86 * minute },
];

describe("the account of a run", () => {
  const account = accountOf(events);

  it("splits an incident into T0 to T4", () => {
    const [incident] = account.incidents;
    expect(incident).toMatchObject({ number: 1, rank: 3, step: 30, resumedFrom: 20, attempt: 1 });
    const { t0, t1, t2, t3, t4 } = incident as NonNullable<typeof incident>;
    expect([t0, t1, t2, t3, t4].map((ms) => ms / minute)).toEqual([10, 5, 1, 3, 2]);
    expect(incident && lostTime(incident) / minute).toBe(21);
  });

  it("accounts for every minute exactly once", () => {
    const sum = Object.values(account.totals).reduce((a, b) => a + b, 0);
    expect(sum).toBe(86 * minute);
    expect(account.totals.training).toBe(60 * minute);
    expect(account.totals.lost).toBe(10 * minute);
    expect(account.effective).toBeCloseTo(60 / 86, 10);
    const starts = account.segments.slice(1).map(({ start }) => start);
    expect(starts).toEqual(account.segments.slice(0, -1).map(({ end }) => end));
  });

  it("shows a sliding ratio that is low around the incident", () => {
    const { times, ratios } = slidingRatio(account, 20 * minute, 86);
    expect(ratios[times.indexOf(46 * minute)]).toBeLessThan(0.2);
    expect(ratios.at(-1)).toBeCloseTo(1, 6);
  });

  it("works out what another interval would have saved, from the uptime before each incident", () => {
    expect(account.incidents[0]?.upMs).toBe(30 * minute);
    const now = replay(account, {});
    expect(now.effective).toBeCloseTo(account.effective, 10);
    // 30 min of uptime: a checkpoint every 9.5 min + 0.5 min loses nothing, and 7 saves cost 0.5 min each.
    const then = replay(account, { intervalMs: 9.5 * minute });
    expect((now.lostMs - then.lostMs) / minute).toBeCloseTo(10 - 3.5, 6);
    expect(replay(account, { detectMs: minute }).lostMs).toBe(now.lostMs - 4 * minute);
  });

  it("starts with a failure of the restart, too: two faults in a row are two incidents", () => {
    const again = accountOf([
      ...events.slice(0, 8),
      fault(45, 46, { finding: "process-ended" }),
      { kind: "start", time: 47 * minute, attempt: 3 },
      steps(3, 21, 60, [50, 90]),
      { kind: "end", time: 90 * minute },
    ]);
    expect(again.incidents).toHaveLength(2);
    expect(Object.values(again.totals).reduce((a, b) => a + b, 0)).toBe(90 * minute);
    expect(again.totals.training).toBe(60 * minute);
    expect(again.incidents.map(({ t0 }) => t0 / minute)).toEqual([0, 10]);
  });

  it("shows itself as a table, figures, Markdown, and JSON", () => {
    const incidents = new Incidents(account, { name: "wiki", devices: 16 });
    const table = incidents[displayKey]()["text/plain"] as string;
    expect(table).toContain("1 incident of wiki, effective training time 69.8 %");
    expect(incidents.figure()[displayKey]()["text/plain"]).toContain("1 incident");
    expect(incidents.toMarkdown()).toContain("| 1 | 30 | no sign of progress | restart | 20 | 10m 0s |");
    expect(JSON.parse(JSON.stringify(incidents))).toMatchObject({ name: "wiki", incidents: [{ number: 1 }] });
  });
});
