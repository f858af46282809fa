import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { figureMime } from "./model.js";
import { FigureRenderer } from "./renderer.js";

/**
 * Draws the library's figures. The MIME type is our own, so that a user's plotly extension keeps drawing the user's
 * plotly figures.
 */
const figures: IRenderMime.IExtension = {
  id: "mindformers-lab-jupyterlab:figures",
  rendererFactory: { safe: true, mimeTypes: [figureMime], createRenderer: () => new FigureRenderer() },
  // Before every renderer of the picture and of plotly's MIME type.
  rank: -10,
  dataType: "json",
};

// biome-ignore lint/style/noDefaultExport: JupyterLab looks for the default export
export default figures;
