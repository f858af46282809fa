import { readFileSync, writeFileSync } from "node:fs";

export interface Output {
  readonly output_type: string;
  readonly data?: Record<string, unknown>;
  readonly text?: string | readonly string[];
  readonly ename?: string;
  readonly evalue?: string;
}

export interface NotebookCell {
  readonly cell_type: "code" | "markdown" | "raw";
  readonly execution_count?: number | null;
  readonly source: string | readonly string[];
  readonly metadata: { readonly tags?: readonly string[] };
  readonly outputs?: readonly Output[];
}

export interface Notebook {
  readonly cells: readonly NotebookCell[];
  readonly metadata: { readonly kernelspec?: { readonly name: string; readonly language?: string } };
}

export function readNotebook(path: string): Notebook {
  return JSON.parse(readFileSync(path, "utf8")) as Notebook;
}

/** The text of a cell's source or of a stream, which notebooks store as one string or as lines. */
export function joined(text: string | readonly string[] | undefined): string {
  return typeof text === "string" ? text : (text ?? []).join("");
}

/** Every output of the code cells, in order. */
export function outputsOf(notebook: Notebook): Output[] {
  return notebook.cells.flatMap((cell) => cell.outputs ?? []);
}

/** Outputs that show a plotly figure. */
export function figuresOf(notebook: Notebook): Output[] {
  return outputsOf(notebook).filter((output) => output.data?.["application/vnd.plotly.v1+json"] !== undefined);
}

/** Writes a notebook of our kernel with one code cell for each text. */
export function writeNotebook(path: string, texts: readonly string[]): void {
  const cells = texts.map((source, index) => ({
    cell_type: "code",
    execution_count: null,
    id: `cell-${index}`,
    metadata: {},
    outputs: [],
    source,
  }));
  const kernelspec = { name: "mindformers-lab", display_name: "TypeScript (MindFormers)", language: "typescript" };
  writeFileSync(path, JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }));
}
