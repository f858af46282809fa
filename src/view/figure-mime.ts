import type { MimeBundle } from "./display-contract.js";

/** For plotly's own renderers: `{ data, layout, config }`. */
export const plotlyMime = "application/vnd.plotly.v1+json";

/**
 * For the renderer of our JupyterLab extension: `{ version: 1 }` beside plotly's MIME type, whose figure it draws, or
 * `{ version: 1, figure }` where plotly's MIME type is left out.
 */
export const figureMime = "application/vnd.mindformers-lab.figure+json";

/**
 * A frame of a figure that will be updated. Renderers of plotly's MIME type keep the first figure that they drew, so
 * the figure goes under our own type only: our extension draws every frame in place, other front ends show the picture.
 */
export function movingFrame(bundle: MimeBundle): MimeBundle {
  if (bundle["image/svg+xml"] === undefined || bundle[plotlyMime] === undefined) return bundle;
  const { [plotlyMime]: figure, ...rest } = bundle;
  return { ...rest, [figureMime]: { version: 1, figure } };
}
