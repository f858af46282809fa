/** The part of plotly.js that this package calls. */
declare module "plotly.js-cartesian-dist-min" {
  export function react(
    node: HTMLElement,
    figure: { readonly data: unknown; readonly layout: object; readonly config: object },
  ): Promise<void>;
  export function relayout(node: HTMLElement, layout: object): Promise<void>;
  export function purge(node: HTMLElement): void;
}
