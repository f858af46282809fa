import { launchEngine } from "./evaluate/launch.js";

/** What the program does for its arguments. The language engine takes the longest to start: its process begins before this one loads anything else. */
export function launch(given: readonly string[]): void {
  const engine = given[0] === "start" ? launchEngine() : undefined;
  void import("./commands.js").then(({ runCommand }) => runCommand(given, engine));
}
