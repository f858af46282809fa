import { checkpointErrors } from "./checkpoint.js";
import { configErrors } from "./config.js";
import { dataErrors } from "./data.js";
import { formatsErrors } from "./formats.js";
import { generalErrors } from "./general.js";
import { planErrors } from "./plan.js";
import { runErrors } from "./run.js";

/**
 * Every error code of the library with its meaning and cure.
 * This folder has one file per area. The documentation and the tests read this list.
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
