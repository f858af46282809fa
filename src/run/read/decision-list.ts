import { formatDate } from "../../core/units.js";
import { ShownList } from "../../view/shown-list.js";
import { tableBundle } from "../../view/table.js";
import type { DecisionEvent } from "../record/events.js";

/** Decisions about a run, in the order of time, as a table. */
export function decisionList(decisions: readonly DecisionEvent[]): ShownList<DecisionEvent> {
  return ShownList.showing(decisions, (items) =>
    tableBundle({
      title: `${items.length} ${items.length === 1 ? "decision" : "decisions"}`,
      columns: [
        { key: "time", label: "time" },
        { key: "attempt", label: "attempt" },
        { key: "found", label: "found" },
        { key: "decision", label: "decided" },
      ],
      detail: "reason",
      rows: items.map(({ time, attempt, finding, decision, reason, about }) => ({
        time: formatDate(time),
        attempt,
        found: finding?.summary ?? about?.[0] ?? "",
        decision,
        reason,
      })),
      more: "[...decisions]",
    }),
  );
}
