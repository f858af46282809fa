import type { CatalogEntry } from "./entry.js";

export const generalErrors = {
  CANCELLED: {
    meaning: "The cell was interrupted, or an AbortSignal fired.",
    cure: "Run the cell again.",
  },
  ARGUMENT_INVALID: {
    meaning: "An option has a value that can't be used.",
    cure: "Use a value that the message lists.",
  },
  PROGRAM_NOT_STARTED: {
    meaning: "A required program does not exist or may not be executed.",
    cure: "Run npm run setup, or correct the path that the message names.",
  },
  PROGRAM_TOO_SLOW: {
    meaning: "A program did not end within its time limit and was stopped.",
    cure: "Try again when the machine is less busy.",
  },
  FILE_MISSING: {
    meaning: "The named file or folder does not exist.",
    cure: "Check the path; relative paths start at the notebook's folder.",
  },
  FILE_UNWRITABLE: {
    meaning: "A file can't be written in the given folder.",
    cure: "Choose another folder, free space or change the permissions.",
  },
  HTTP_FAILED: {
    meaning: "A web server does not answer, has no such file, or does not send parts of files (range requests).",
    cure: "Check the address, or copy the file to this machine.",
  },
} as const satisfies Record<string, CatalogEntry>;
