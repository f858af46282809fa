import { fitBundle } from "./budget.js";
import type { MimeBundle } from "./display-contract.js";
import { frame, heading, smallPrint } from "./html.js";
import { escapeMarkup, visibleControls } from "./text.js";

export interface ShownFile {
  readonly path: string;
  readonly text: string;
}

function cut(text: string, lines: number): string {
  const all = text.trimEnd().split("\n");
  if (all.length <= lines) return all.join("\n");
  return [...all.slice(0, lines), `⋮ ${all.length - lines} of ${all.length} lines hidden`].join("\n");
}

/**
 * Texts of files below each other, under a title and remarks. At most 64 KB: long files are cut, then files left out,
 * with a line that says so.
 */
export function filesBundle(title: string, files: readonly ShownFile[], notes: readonly string[] = []): MimeBundle {
  const levels = [
    { files: 4, lines: 60 },
    { files: 2, lines: 40 },
    { files: 1, lines: 20 },
  ];
  return fitBundle(levels, (limits) => {
    const shown = files.slice(0, limits.files).map(({ path, text }) => ({ path, text: cut(text, limits.lines) }));
    const rest = files.length - shown.length;
    const hidden = rest > 0 ? [`⋮ ${rest} of ${files.length} files hidden: see .files`] : [];
    const plain = [
      title,
      ...notes.map((note) => `· ${note}`),
      ...shown.map((file) => `── ${file.path}\n${file.text}`),
      ...hidden,
    ];
    const style =
      "margin:4px 0 12px;padding:6px 10px;overflow-x:auto;border-left:3px solid var(--jp-border-color1,#9e9e9e)";
    const html = frame(
      heading(title),
      ...notes.map((note) => smallPrint(`· ${note}`)),
      ...shown.map(({ path, text }) => `${heading(path)}<pre style="${style}">${escapeMarkup(text)}</pre>`),
      ...hidden.map(smallPrint),
    );
    return { "text/plain": visibleControls(plain.join("\n")), "text/html": html };
  });
}
