/**
 * Something that the person who starts or installs the kernel can put right; `hint` is one line to type or to check.
 */
export class KernelError extends Error {
  override readonly name = "KernelError";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** System error code (`ENOENT`) or the message of anything that was thrown. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message : String(error);
}
