import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { tableBundle } from "../view/table.js";
import type { DecisionEvent } from "./record/events.js";

/** Decisions about a run, in the order of time: an array that shows itself as a table. */
export class DecisionList extends Array<DecisionEvent> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  [displayKey](): MimeBundle {
    return tableBundle({
      title: `${this.length} ${this.length === 1 ? "decision" : "decisions"}`,
      columns: [
        { key: "time", label: "Time (UTC)" },
        { key: "attempt", label: "Attempt" },
        { key: "found", label: "Found" },
        { key: "decision", label: "Decided" },
        { key: "reason", label: "Because" },
      ],
      rows: [...this].map(({ time, attempt, finding, decision, reason, about }) => ({
        time: new Date(time).toISOString().replace("T", " ").slice(0, 19),
        attempt,
        found: finding?.summary ?? about?.[0] ?? "",
        decision,
        reason,
      })),
      more: "[...decisions]",
    });
  }
}
