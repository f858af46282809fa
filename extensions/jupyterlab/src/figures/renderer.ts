import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { figureIn, heightOf, type PlotlyFigure, pictureIn } from "./model.js";
import { onThemeChange, themedLayout } from "./theme.js";

/** plotly.js is a chunk of its own, loaded with the first figure of the page. */
const loadPlotly = () => import("plotly.js-cartesian-dist-min");

/**
 * Draws one output. JupyterLab keeps the renderer while the MIME type of an output stays, so that an update is drawn
 * into the same node: zoom, hidden lines, and scroll position stay. The figure follows the page's theme and the width
 * of its cell.
 */
export class FigureRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #canvas = document.createElement("div");
  readonly #resize = new ResizeObserver(() => this.#fit());
  readonly #endTheme = onThemeChange(() => this.#redraw());
  #figure: PlotlyFigure | undefined;
  #drawn = false;
  #frame = 0;
  #lastWidth = 700;

  constructor() {
    super();
    this.addClass("mfl-Figure");
    this.node.append(this.#canvas);
    this.#resize.observe(this.node);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.#figure = figureIn(model.data);
    if (this.#figure === undefined) {
      this.#showPicture(pictureIn(model.data), "The output holds no figure.");
      return;
    }
    // The page does not jump while plotly.js is loading.
    this.node.style.minHeight = `${heightOf(this.#figure)}px`;
    try {
      await this.#draw();
    } catch (error) {
      this.#showPicture(pictureIn(model.data), `The figure cannot be drawn: ${String(error)}`);
    }
  }

  override dispose(): void {
    if (this.isDisposed) return;
    cancelAnimationFrame(this.#frame);
    this.#resize.disconnect();
    this.#endTheme();
    if (this.#drawn) void loadPlotly().then((plotly) => plotly.purge(this.#canvas));
    super.dispose();
  }

  /** Width of the cell in pixels, or the last one known while the notebook is hidden. */
  get #width(): number {
    this.#lastWidth = this.node.clientWidth || this.#lastWidth;
    return this.#lastWidth;
  }

  async #draw(): Promise<void> {
    const plotly = await loadPlotly();
    const figure = this.#figure;
    if (this.isDisposed || figure === undefined) return;
    // plotly.js writes into the layout that it is given.
    const layout = structuredClone({ ...themedLayout(figure), autosize: false, width: this.#width });
    const config = { ...figure.config, responsive: false, displaylogo: false };
    this.#drawn = true;
    await plotly.react(this.#canvas, { data: structuredClone(figure.data), layout, config });
    // The cell may have become visible, wider, or narrower while the figure was drawn.
    this.#fit();
    this.#canvas.dataset.draws = String(Number(this.#canvas.dataset.draws ?? 0) + 1);
  }

  #redraw(): void {
    if (this.#drawn) void this.#draw();
  }

  /** At most once a frame, and never to nothing: a hidden notebook keeps its figures as they are. */
  #fit(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      if (!this.#drawn || this.node.clientWidth === 0 || this.isDisposed) return;
      void loadPlotly().then((plotly) => {
        const shown = this.#canvas.querySelector(".main-svg")?.clientWidth;
        if (shown !== this.#width) return plotly.relayout(this.#canvas, { width: this.#width });
      });
    });
  }

  #showPicture(svg: string | undefined, otherwise: string): void {
    const picture = document.createElement(svg === undefined ? "pre" : "img");
    if (picture instanceof HTMLImageElement) picture.src = `data:image/svg+xml,${encodeURIComponent(svg ?? "")}`;
    else picture.textContent = otherwise;
    this.#canvas.replaceChildren(picture);
  }
}
