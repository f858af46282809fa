import type { ArgumentOffers, ArgumentPlace, Assistant } from "../view/display-contract.js";
import { keyOffers, pathOffers, sectionOffers } from "./config-paths.js";
import { configOf, sectionAndKey } from "./config-place.js";
import { valueOffers } from "./config-values.js";
import { explainKey } from "./explain-key.js";
import { runOffers } from "./run-names.js";
import { templateOffers } from "./templates.js";

type Complete = (place: ArgumentPlace) => ArgumentOffers | Promise<ArgumentOffers>;

const files =
  (...endings: string[]): Complete =>
  () => ({ offers: [], files: endings });

const texts = [".jsonl", ".json", ".txt", ".parquet", ".gz", ".zst", ".tokens", ".csv"];

/** By function, position of the argument and keys on the way. */
const completions: Readonly<Record<string, Complete>> = {
  "openConfig 0": () => ({ offers: templateOffers(), files: [".yaml", ".yml"] }),
  "Config.save 0": files(".yaml", ".yml"),
  "Config.get 0": (place) => ({ offers: pathOffers(configOf(place), { sections: true }) }),
  "Config.has 0": (place) => ({ offers: pathOffers(configOf(place), { sections: true }) }),
  "Config.origin 0": (place) => ({ offers: pathOffers(configOf(place), { sections: true }) }),
  "Config.unset 0": (place) => ({ offers: pathOffers(configOf(place), { sections: true, held: true }) }),
  "Config.set 0": (place) => ({ offers: pathOffers(configOf(place)) }),
  "Config.set 1": (place) => ({ offers: valueOffers(String(place.earlier[0]), configOf(place)) }),
  "resumeRun 1 set": (place) => ({ offers: place.isKey ? pathOffers(undefined) : [] }),
  "describeKey 0": () => ({ offers: pathOffers(undefined) }),
  "listKeys 0": () => ({ offers: sectionOffers() }),
  "openRun 0": runOffers,
  "deleteRuns 0 names": runOffers,
  "openRun 1 folder": files(),
  "listRuns 0 folder": files(),
  "launchRun 1 folder": files(),
  "openCheckpoint 0": files(".safetensors", ".ckpt"),
  "openCheckpoints 0": files(),
  "openStrategy 0": files(".ckpt"),
  "openDataset 0": files(".bin", ".idx"),
  "openDataOrder 0": files(".bin", ".idx"),
  "splitDataset 0": files(".bin", ".idx"),
  "mergeDatasets 0": files(".bin", ".idx"),
  "repairDataset 0": files(".bin", ".idx"),
  "openMindRecord 0": files(".mindrecord"),
  "prepareData 0 input": files(...texts),
  "prepareData 0 tokenizer": files("tokenizer.json"),
  "prepareData 0 output": files(),
};

/** Completes and explains the arguments of this package's functions in notebooks; named in package.json. */
export const assistant: Assistant = {
  complete(place) {
    if (place.callee === "Config.merge") return mergeOffers(place);
    const keys = place.callee === "resumeRun" ? place.keys.slice(0, 1) : place.keys;
    return completions[[place.callee, place.index, ...keys].join(" ")]?.(place);
  },
  inspect(place) {
    const config = configOf(place);
    if (place.callee === "Config.merge" && place.isKey) return explainKey(sectionAndKey(place), config);
    const takesPath = /^(?:Config\.(?:get|has|set|unset|origin)|describeKey)$/.test(place.callee);
    if (takesPath && place.index === 0) return explainKey(place.text, config);
    if (place.callee === "Config.set" && place.index === 1) return explainKey(String(place.earlier[0]), config);
    return place.callee === "resumeRun" && place.isKey ? explainKey(place.text, undefined) : undefined;
  },
};

/** `merge({ runner_config: { … } })`: keys of the section, values of the key. */
function mergeOffers(place: ArgumentPlace): ArgumentOffers {
  const config = configOf(place);
  const above = place.keys.join(".");
  return { offers: place.isKey ? keyOffers(above, config) : valueOffers(above, config) };
}
