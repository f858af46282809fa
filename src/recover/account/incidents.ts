import { requireArgument } from "../../core/arguments.js";
import { formatCount, formatDuration } from "../../core/units.js";
import type { Figure } from "../../view/charts/figure.js";
import { lineChart } from "../../view/charts/kinds/line-chart.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { tableBundle } from "../../view/table.js";
import { type Account, slidingRatio } from "./account.js";
import { type Counterfactual, counterfactuals } from "./counterfactual.js";
import { type Incident, lostTime } from "./incident.js";
import { incidentReport } from "./report.js";
import { accountFigure } from "./segment-figure.js";

/**
 * The incidents of a run and what they cost. Shows itself as a table.
 *
 * @example
 * const run = await openRun("first");
 * const incidents = await run.incidents();
 * incidents.effective; // 0 to 1
 * incidents.figure();
 */
export class Incidents {
  /** In order of time. */
  readonly all: readonly Incident[];
  readonly account: Account;
  /** Devices of the run, for device-days. */
  readonly devices: number;
  readonly name: string;

  constructor(account: Account, about: { readonly name: string; readonly devices: number }) {
    this.account = account;
    this.all = account.incidents;
    this.name = about.name;
    this.devices = about.devices;
  }

  /** Time of steps that count in the end, divided by all time: 0 to 1. */
  get effective(): number {
    return this.account.effective;
  }

  /** Changes that would have cost less time, computed by replaying the record; best first. */
  counterfactuals(): readonly Counterfactual[] {
    return counterfactuals(this.account, this.devices);
  }

  /** Timeline of the run: training, saving, lost, down. */
  figure(): Figure {
    return accountFigure(this.account, `Where the time of ${this.name} went`);
  }

  /**
   * Effective-training-time ratio so far and in a sliding window, over time. `windowMs` default: a tenth of the run.
   */
  ratioFigure(windowMs = (this.account.end - this.account.start) / 10): Figure {
    requireArgument(typeof windowMs === "number" && windowMs > 0, {
      ...{ call: "incidents.ratioFigure, windowMs", expected: "milliseconds above 0", found: windowMs },
      example: "incidents.ratioFigure(3_600_000)",
    });
    const { account } = this;
    const hours = (times: readonly number[]) => times.map((time) => (time - account.start) / 3_600_000);
    const sliding = slidingRatio(account, windowMs);
    const whole = slidingRatio(account, Number.POSITIVE_INFINITY);
    const percent = (ratios: readonly number[]) => ratios.map((ratio) => ratio * 100);
    return lineChart({
      title: `Effective training time of ${this.name}`,
      x: { label: "hours since the start" },
      y: { label: "effective training time in %" },
      series: [
        { name: "since the start", x: hours(whole.times), y: percent(whole.ratios) },
        { name: `window of ${formatDuration(windowMs)}`, x: hours(sliding.times), y: percent(sliding.ratios) },
      ],
    });
  }

  /** The report as Markdown. */
  toMarkdown(): string {
    return incidentReport(this.account, { name: this.name, counterfactuals: this.counterfactuals() });
  }

  /** The report for programs: account without segments, incidents, counterfactuals. */
  toJSON(): Record<string, unknown> {
    const { segments: _, incidents, ...account } = this.account;
    return { name: this.name, devices: this.devices, ...account, incidents, counterfactuals: this.counterfactuals() };
  }

  [displayKey](): MimeBundle {
    const { account, all } = this;
    const best = this.counterfactuals().find(({ savedMs }) => savedMs > 0);
    const cheaper =
      best === undefined ? "" : ` Cheaper: ${best.change} would have saved ${formatDuration(best.savedMs)}.`;
    const effective = `${(account.effective * 100).toFixed(1)} %`;
    return tableBundle({
      title: `${formatCount(all.length, "incident")} of ${this.name}, effective training time ${effective}`,
      columns: [
        { key: "number", label: "#" },
        { key: "at", label: "after", align: "right" },
        { key: "finding", label: "found" },
        { key: "where", label: "where" },
        { key: "step", label: "step" },
        { key: "action", label: "done" },
        { key: "t0", label: "T0 lost", align: "right" },
        { key: "t1", label: "T1 detect", align: "right" },
        { key: "t2", label: "T2 wait", align: "right" },
        { key: "t3", label: "T3 start", align: "right" },
        { key: "t4", label: "T4 compile", align: "right" },
        { key: "cost", label: "cost", align: "right" },
      ],
      rows: all.map((incident) => rowOf(incident, account.start)),
      note: `T0 to T4 are the parts of an incident's cost.${cheaper}`,
      more: "incidents.all",
    });
  }
}

function rowOf(incident: Incident, start: number): Record<string, string | number> {
  const { number, finding, cause, rank, node, step, action, since } = incident;
  return {
    number,
    at: formatDuration(since - start),
    finding: cause === "unknown" ? finding : `${finding} (${cause})`,
    where: [rank === undefined ? "" : `rank ${rank}`, node ?? ""].filter(Boolean).join(", "),
    step,
    action,
    t0: formatDuration(incident.t0),
    t1: formatDuration(incident.t1),
    t2: formatDuration(incident.t2),
    t3: formatDuration(incident.t3),
    t4: formatDuration(incident.t4),
    cost: formatDuration(lostTime(incident)),
  };
}
