import type { Diagnostic } from "../../../report/diagnostic.js";
import type { Edit } from "../../../report/text-edits.js";
import type { DeclaredName } from "./declared-names.js";

/** Why the cell may not run, or its script. */
export type Conversion = (
  | { readonly diagnostics: readonly Diagnostic[]; readonly script?: undefined }
  | { readonly script: CellScript }
) & {
  /** What the user has to know beside: of a tsconfig.json with errors. */
  readonly notice?: string;
};

/** A cell that may run. */
export interface CellScript {
  /**
   * CommonJS: the body of a function of `exports`, `require`, and the like; it returns the last expression's
   * value in an array.
   */
  readonly javascript: string;
  /** Source map from `javascript` to the cell with `edits`, as JSON; none if they are the same. */
  readonly map?: string;
  readonly edits: readonly Edit[];
  readonly awaits: boolean;
  /** It is over at once: no loops, no calls, nothing that could call. */
  readonly isInstant: boolean;
  readonly imports: readonly string[];
  readonly declares: readonly DeclaredName[];
  /**
   * Variables of cells that its functions may read (`a`) or assign (`a=`), whenever they are called; see `planLoops`.
   */
  readonly captures: readonly string[];
  /** Files of the user's that the cell imports, as far as they are new or have changed. */
  readonly files: readonly ConvertedFile[];
  /** Names of modules, and the files of the user's that they stand for. */
  readonly aliases: readonly (readonly [name: string, path: string])[];
}

export interface ConvertedFile {
  readonly path: string;
  /** The file as it is written. */
  readonly code: string;
  readonly javascript: string;
  /** Source map from `javascript` to the file with `edits`, as JSON. */
  readonly map: string;
  readonly edits: readonly Edit[];
  /** It awaits outside of any function. */
  readonly awaits: boolean;
  /** Modules that it imports statically. */
  readonly imports: readonly string[];
}
