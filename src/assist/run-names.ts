import { stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { formatDate } from "../core/units.js";
import { findRunFolders } from "../run/read/find-runs.js";
import type { ArgumentOffers } from "../view/display-contract.js";

/** Names of the runs that `openRun` finds, the newest first. */
export async function runOffers(): Promise<ArgumentOffers> {
  const folders = await findRunFolders();
  const dated = await Promise.all(
    folders.map(async (folder) => {
      const about = await stat(join(folder, "run.json")).catch(() => undefined);
      // Written once, at launch.
      return { folder, time: about?.mtimeMs ?? 0 };
    }),
  );
  dated.sort((a, b) => b.time - a.time);
  const offers = dated.map(({ folder, time }) => ({
    text: basename(folder),
    about: `run · ${time === 0 ? "damaged" : formatDate(time)} · ${relative(process.cwd(), dirname(folder)) || "."}`,
  }));
  return { offers: [...new Map(offers.reverse().map((offer) => [offer.text, offer])).values()].reverse() };
}
