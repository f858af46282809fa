/** A frame of a stack: `    at name (file:line:column)`. */
const framePattern = /^\s+at (?:.*\()?(?:async )?([^()]+?):\d+:\d+\)?$/;

/**
 * Runs `act` for whoever called `called`: an error of `act` gets the frames of that caller at the end of its stack,
 * unless it has one of the caller's file. V8 itself follows `await` only, so that an error which arises in a stream, a
 * timer or a thread would not say to which line of the user's code it belongs. Costs one stack (some microseconds) per
 * call.
 */
export async function forCaller<T>(called: (...given: never[]) => unknown, act: () => Promise<T>): Promise<T> {
  const caller: { stack?: string } = {};
  Error.captureStackTrace(caller, called);
  try {
    return await act();
  } catch (error) {
    addFrames(error, caller.stack);
    throw error;
  }
}

function addFrames(error: unknown, stack: string | undefined): void {
  if (!(error instanceof Error) || typeof error.stack !== "string" || stack === undefined) return;
  const frames = framesOf(stack);
  const known = framesOf(error.stack).map(fileOf);
  if (frames[0] === undefined || known.includes(fileOf(frames[0]))) return;
  error.stack = [error.stack, ...frames].join("\n");
}

function framesOf(stack: string): string[] {
  return stack.split("\n").filter((line) => framePattern.test(line));
}

function fileOf(frame: string): string {
  return framePattern.exec(frame)?.[1] ?? "";
}
