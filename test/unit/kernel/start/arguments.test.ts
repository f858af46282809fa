import { expect, it } from "vitest";
import { parseCommand } from "../../../../kernel/start/arguments.js";

const parse = (line: string) => parseCommand(line.split(" ").filter(Boolean));

it.each([
  ["start c.json", { kind: "start", connectionFile: "c.json" }],
  ["start --connection-file c.json", { kind: "start", connectionFile: "c.json" }],
  ["start -f c.json", { kind: "start", connectionFile: "c.json" }],
  ["install", { kind: "install", place: { kind: "user" }, name: "mindformers-lab" }],
  ["install --user --name x", { kind: "install", place: { kind: "user" }, name: "x" }],
  ["install --prefix .venv", { kind: "install", place: { kind: "prefix", prefix: ".venv" }, name: "mindformers-lab" }],
  ["uninstall --sys-prefix", { kind: "uninstall", place: { kind: "sys-prefix" }, name: "mindformers-lab" }],
  ["doctor", { kind: "doctor", place: undefined, name: "mindformers-lab" }],
  ["doctor --user --name x", { kind: "doctor", place: { kind: "user" }, name: "x" }],
  ["--version", { kind: "version" }],
  ["--help", { kind: "help" }],
  ["", { kind: "help" }],
])("%s", (line, command) => {
  expect(parse(line)).toEqual(command);
});

it.each([
  ["launch", 'unknown command "launch"'],
  ["start", "start: expected one connection file, found 0"],
  ["start a b", "start: expected one connection file, found 2"],
  ["install extra", 'install: unexpected "extra"'],
  ["install --user --sys-prefix", "expected one of --user, --prefix, --sys-prefix, found 2"],
  ["install --prefix=", "--prefix: expected a folder, found nothing"],
  ["install --colour", "Unknown option '--colour'"],
])("%s is refused: %s", (line, message) => {
  expect(() => parse(line)).toThrow(message);
});
