import { formatCount } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { tableBundle } from "../../view/table.js";
import { shortValue } from "../text/short-value.js";
import { type ScaleChange, scaleChanges, scaleText } from "./changes.js";
import type { ConfigEdits, Scalable } from "./config-edits.js";
import { type Proposal, propose, type ScaleTarget } from "./propose.js";

/**
 * A proposal to fit a configuration to other hardware: shown as a table of changes; nothing is changed before
 * `apply()`.
 */
export interface ScaledConfig<C> {
  readonly target: ScaleTarget;
  readonly changes: readonly ScaleChange[];
  /** A copy of the configuration with the changes in it. */
  readonly config: C;
  /** Parameters of the proposed model. */
  readonly proposal: Proposal;
  /** Estimated bytes of the fullest device, and what it may have. */
  readonly memory: number;
  readonly limit: number;
  /** Writes the changes into the configuration that was scaled, and returns it. */
  apply(): C;
  [displayKey](): MimeBundle;
}

function write<C extends ConfigEdits>(config: C, changes: readonly ScaleChange[]): C {
  for (const { path, now } of changes) config.set(path, now);
  return config;
}

function scaledBundle<C>(config: ConfigEdits, scaled: ScaledConfig<C>): MimeBundle {
  const { target, changes, proposal } = scaled;
  const rows = changes.map(({ path, was, now, why }) => ({
    path,
    was: was === undefined ? undefined : shortValue(was),
    now: shortValue(now),
    why,
  }));
  const devices = formatCount(target.devices, target.device === "CPU" ? "CPU worker" : "NPU");
  return tableBundle({
    title: `Scaled to ${devices} of ${target.memoryPerDevice}`,
    columns: [{ key: "path" }, { key: "was", align: "left" }, { key: "now", align: "left" }, { key: "why" }],
    rows,
    note: `${scaleText(config, proposal)}. Nothing is changed yet: use .config (a copy) or .apply().`,
    more: "scaled.changes",
  });
}

/** Behind `config.scaleTo`. */
export function scaleConfig<C extends Scalable<C>>(config: C, target: ScaleTarget): ScaledConfig<C> {
  const proposal = propose(config, target);
  const original = config.copy();
  const changes = scaleChanges(original, target, proposal);
  return {
    target,
    changes,
    config: write(config.copy({ by: "scaleTo" }), changes),
    proposal,
    memory: proposal.memory,
    limit: proposal.limit,
    apply: () => write(config, changes),
    [displayKey]() {
      return scaledBundle(original, this);
    },
  };
}
