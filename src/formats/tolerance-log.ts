/**
 * Lines about fault tolerance. Texts of MindSpore 2.9 (`train/callback/_train_fault_tolerance.py`, `utils/utils.py`),
 * MindFormers 1.9 (`TREError`), and MindIO's controller as documented (`report group list`).
 */
export interface ToleranceLine {
  readonly kind: "tolerance";
  readonly what: ToleranceWork;
  /** In words, for the record. */
  readonly text: string;
}

/**
 * `ready`: the controller runs. `replicas`: ranks that hold the same values. `last-words`: a checkpoint is saved
 * because another rank died; `saved`: it is there. `repair`: values are fetched from a replica; `repaired`: training
 * goes on. `exit`: this rank ends because of another one. `again`: a step is done again.
 */
export type ToleranceWork = "ready" | "replicas" | "last-words" | "saved" | "repair" | "repaired" | "exit" | "again";

interface Pattern {
  readonly what: ToleranceWork;
  readonly pattern: RegExp;
  readonly words: (match: RegExpExecArray) => string;
}

const patterns: readonly Pattern[] = [
  { what: "ready", pattern: /Finish start tft controller/, words: () => "the controller of fault tolerance runs" },
  {
    what: "replicas",
    pattern: /Set TFT replica with dp: [([]([\d, ]+?),?[)\]]/,
    words: ([, ranks = ""]) => `ranks with the same values: ${ranks}`,
  },
  {
    what: "replicas",
    pattern: /report group list: \[([\d, ]+)\]/,
    words: ([, ranks = ""]) => `ranks with the same values: ${ranks}`,
  },
  {
    what: "last-words",
    pattern: /Enter _save_checkpoint_on_failure function/,
    words: () => "saves a checkpoint because another rank died",
  },
  {
    what: "saved",
    pattern: /Finish _save_checkpoint_on_failure function/,
    words: () => "has saved its last checkpoint",
  },
  {
    what: "repair",
    pattern: /Enter _tft_repair_callback repair type: ([\w.]+)/,
    words: ([, type = ""]) => `is repaired (${type})`,
  },
  { what: "repair", pattern: /Enter _tft_rebuild_groups, device/, words: () => "rebuilds the groups of ranks" },
  { what: "repaired", pattern: /Finish _tft_repair_callback/, words: () => "is repaired and continues" },
  { what: "exit", pattern: /Enter mindio ttp exit process/, words: () => "ends because of another rank" },
  { what: "again", pattern: /TREError occurred/, words: () => "repeats an abnormal step" },
];

/** What a line says about fault tolerance, or undefined. */
export function parseToleranceLine(line: string): ToleranceLine | undefined {
  if (!/tft|ttp|TREError|_on_failure|group list/i.test(line)) return undefined;
  for (const { what, pattern, words } of patterns) {
    const match = pattern.exec(line);
    if (match) return { kind: "tolerance", what, text: words(match) };
  }
  return undefined;
}
