import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { packageRoot } from "../../src/core/package-root.js";
import { projectPython } from "./project-python.js";

/**
 * A Python script of the tests that answers several questions: a line of JSON on its standard input, a line of JSON
 * that begins with "answer " on its standard output. One start for all of them, because the imports take most of the
 * time.
 */
export class PythonSession {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #errors = "";

  constructor(script: string, args: readonly string[], cwd: string) {
    this.#child = spawn(projectPython(), [join(packageRoot(), "test", script), ...args], { cwd });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask<T>(question: unknown): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done) throw new Error(`the Python script ended: ${this.#errors}`);
      if (value.startsWith("answer ")) return JSON.parse(value.slice(7)) as T;
    }
  }

  /** Ends the script by the end of its input. */
  close(): void {
    this.#child.stdin.end();
  }
}
