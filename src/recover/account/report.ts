import { formatCount, formatDuration } from "../../core/units.js";
import type { Account } from "./account.js";
import type { Counterfactual } from "./counterfactual.js";
import { type Incident, lostTime } from "./incident.js";

/** Most incidents that the report lists. */
const listed = 100;

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${head.map(() => "--").join("|")}|`, ...rows.map(line)];
}

function incidentRow(incident: Incident): string[] {
  const { number, step, summary, action, resumedFrom, t0, t1, t2, t3, t4 } = incident;
  const times = [t0, t1, t2, t3, t4, lostTime(incident)].map(formatDuration);
  return [
    String(number),
    String(step),
    summary,
    action,
    resumedFrom === undefined ? "" : String(resumedFrom),
    ...times,
  ];
}

/** The account as Markdown: summary, incidents, what would have been cheaper. */
export function incidentReport(
  account: Account,
  about: { readonly name: string; readonly counterfactuals: readonly Counterfactual[] },
): string {
  const { incidents, totals, effective, mtbfMs } = account;
  const all = account.end - account.start;
  const share = (ms: number): string => `${((ms / all) * 100).toFixed(2)} %`;
  const times = Object.entries(totals).map(([kind, ms]) => [kind, formatDuration(ms), share(ms)]);
  const worst = [...incidents].sort((a, b) => lostTime(b) - lostTime(a)).slice(0, listed);
  const shown = new Set(worst);
  const hidden = incidents.length - shown.size;
  return [
    `# Incidents of ${about.name}`,
    "",
    `${formatCount(incidents.length, "incident")} in ${formatDuration(all)}; ` +
      `effective training time ${share(effective * all)}` +
      (Number.isFinite(mtbfMs) ? `; mean time between incidents ${formatDuration(mtbfMs)}.` : "."),
    "",
    ...table(["time", "duration", "share"], times),
    "",
    ...(incidents.length === 0
      ? []
      : table(
          ["#", "step", "found", "done", "from step", "T0", "T1", "T2", "T3", "T4", "cost"],
          incidents.filter((incident) => shown.has(incident)).map(incidentRow),
        )),
    ...(hidden > 0 ? ["", `${hidden} cheaper incidents are not listed.`] : []),
    "",
    ...(about.counterfactuals.length === 0
      ? []
      : table(
          ["change", "saved", "device-days", "effective"],
          about.counterfactuals.map(({ change, savedMs, deviceDays, effective: ratio }) => [
            change,
            savedMs < 0 ? `−${formatDuration(-savedMs)}` : formatDuration(savedMs),
            deviceDays.toFixed(2),
            `${(ratio * 100).toFixed(2)} %`,
          ]),
        )),
    "",
  ].join("\n");
}
