import { fitBundle } from "./budget.js";
import type { MimeBundle } from "./display-contract.js";
import { frame, heading, smallPrint } from "./html.js";
import { escapeMarkup, shorten, visibleControls } from "./text.js";

/** A line to type, and where to type it. */
export interface ShownCommand {
  readonly place: string;
  readonly command: string;
}

// Selects the text of the block and copies it. Pages without HTTPS have no clipboard object; there the old command
// copies the selection.
const copy =
  "const b=this.parentElement.querySelector('pre'),r=document.createRange();r.selectNodeContents(b);" +
  "const s=getSelection();s.removeAllRanges();s.addRange(r);" +
  "navigator.clipboard?navigator.clipboard.writeText(b.textContent):document.execCommand('copy');" +
  "this.textContent='copied'";

const buttonStyle =
  "position:absolute;top:4px;right:4px;font-size:11px;padding:1px 8px;cursor:pointer;border-radius:3px;" +
  "color:var(--jp-ui-font-color1,inherit);background:var(--jp-layout-color1,#ffffff);" +
  "border:1px solid var(--jp-border-color1,#9e9e9e)";
const blockStyle =
  "margin:2px 0 8px;padding:8px 64px 8px 10px;white-space:pre-wrap;overflow-wrap:anywhere;border-radius:3px;" +
  "font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:var(--jp-code-font-size,12px);" +
  "background:var(--jp-layout-color2,rgba(127,127,127,.12));color:inherit";

function block({ place, command }: ShownCommand): string {
  const button = `<button type="button" style="${buttonStyle}" onclick="${escapeMarkup(copy)}">copy</button>`;
  const text = `<pre style="${blockStyle}">${escapeMarkup(command)}</pre>`;
  return `${smallPrint(place)}<div style="position:relative">${button}${text}</div>`;
}

/**
 * Commands below each other in a fixed-width face, each with a button that copies it where the page runs scripts. At
 * most 64 KB.
 */
export function commandsBundle(title: string, commands: readonly ShownCommand[]): MimeBundle {
  const levels = [
    { count: 40, length: 4000 },
    { count: 10, length: 4000 },
    { count: 4, length: 2000 },
  ];
  return fitBundle(levels, ({ count, length }) => {
    const shown = commands
      .slice(0, count)
      .map(({ place, command }) => ({ place: shorten(place, 200), command: shorten(command, length) }));
    const rest = commands.length - shown.length;
    const hidden = rest > 0 ? `⋮ ${rest} of ${commands.length} commands hidden` : "";
    const plain = shown.map(({ place, command }) => `  ${place}:\n    ${visibleControls(command)}`);
    return {
      "text/plain": [title, ...plain, ...(hidden ? [hidden] : [])].join("\n"),
      "text/html": frame(heading(title), ...shown.map(block), hidden ? smallPrint(hidden) : ""),
    };
  });
}
