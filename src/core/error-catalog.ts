import { checkpointErrors } from "./errors/checkpoint.js";
import { configErrors } from "./errors/config.js";
import { dataErrors } from "./errors/data.js";
import { formatsErrors } from "./errors/formats.js";
import { generalErrors } from "./errors/general.js";
import { planErrors } from "./errors/plan.js";
import { runErrors } from "./errors/run.js";

/**
 * Every error code of the library with its meaning and cure.
 * `errors/` has one file per area. The documentation and the tests read this list.
 */
export const errorCatalog = {
  ...generalErrors,
  ...dataErrors,
  ...formatsErrors,
  ...configErrors,
  ...planErrors,
  ...runErrors,
  ...checkpointErrors,
};

/** The codes that `LabError.code` takes. */
export type ErrorCode = keyof typeof errorCatalog;
