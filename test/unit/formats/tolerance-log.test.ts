import { expect, it } from "vitest";
import { parseToleranceLine, type ToleranceWork } from "../../../src/formats/tolerance-log.js";

const head = "[INFO] ME(7:1,MainProcess):2026-11-28-10:00:00 [_train_fault_tolerance.py:50] ";

it.each<[string, ToleranceWork, string]>([
  ["Finish start tft controller.", "ready", "the controller of fault tolerance runs"],
  ["Set TFT replica with dp: [0, 2].", "replicas", "ranks with the same values: 0, 2"],
  ["report group list: [1, 3]", "replicas", "ranks with the same values: 1, 3"],
  ["Enter _save_checkpoint_on_failure function", "last-words", "saves a checkpoint because another rank died"],
  ["Finish _save_checkpoint_on_failure function", "saved", "has saved its last checkpoint"],
  ["Enter _tft_repair_callback repair type: RT_UCE_HIGHLEVEL", "repair", "is repaired (RT_UCE_HIGHLEVEL)"],
  ["Enter _tft_rebuild_groups, device", "repair", "rebuilds the groups of ranks"],
  ["Finish _tft_repair_callback", "repaired", "is repaired and continues"],
  ["Enter mindio ttp exit process, which means other ranks occur exception", "exit", "ends because of another rank"],
  ["TREError occurred", "again", "repeats an abnormal step"],
])("a log line about fault tolerance is read: %s", (text, what, words) => {
  expect(parseToleranceLine(head + text)).toEqual({ kind: "tolerance", what, text: words });
});

it("lines about anything else are not taken for fault tolerance", () => {
  for (const text of ["the tftp server answers", "Set checkpoint interval", "TTP is off", "save on_failure: False"])
    expect(parseToleranceLine(head + text)).toBeUndefined();
});
