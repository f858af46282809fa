import { expect, it } from "vitest";
import { endpoint, parseConnection, readConnection } from "../../../../kernel/channels/connection.js";

const good = {
  transport: "tcp",
  ip: "127.0.0.1",
  shell_port: 1,
  control_port: 2,
  stdin_port: 3,
  iopub_port: 4,
  hb_port: 5,
  key: "secret",
  signature_scheme: "hmac-sha256",
  kernel_name: "mindformers-lab",
};
const parse = (changes: object) => parseConnection(JSON.stringify({ ...good, ...changes }), "c.json");

it("reads what Jupyter writes, and fills in what it may leave out", () => {
  expect(parse({})).toEqual({
    transport: "tcp",
    ip: "127.0.0.1",
    key: "secret",
    hash: "sha256",
    ports: { shell: 1, control: 2, stdin: 3, iopub: 4, hb: 5 },
  });
  expect(parse({ transport: undefined, key: undefined, signature_scheme: undefined })).toMatchObject({
    transport: "tcp",
    key: "",
    hash: "sha256",
  });
});

it.each([
  [{ shell_port: 0 }, "shell_port: expected a whole number from 1 to 65535, found 0"],
  [{ shell_port: "1" }, 'shell_port: expected a whole number from 1 to 65535, found "1"'],
  [{ hb_port: undefined }, "hb_port: expected a whole number from 1 to 65535, found nothing"],
  [{ iopub_port: 70_000 }, "iopub_port: expected a whole number from 1 to 65535, found 70000"],
  [{ hb_port: 1 }, "hb_port: expected another number than shell_port, found 1"],
  [{ ip: "" }, 'ip: expected an address, found ""'],
  [{ transport: "udp" }, 'transport: expected "tcp" or "ipc", found "udp"'],
  [{ key: 5 }, "key: expected a string, found 5"],
  [{ signature_scheme: "hmac-md17" }, "signature_scheme: expected"],
  [{ signature_scheme: "sha256" }, "signature_scheme: expected"],
])("%j is refused with the field's name, what was expected and what was found", (changes, message) => {
  expect(() => parse(changes)).toThrow(`connection file c.json: ${message}`);
});

it("a file that is missing or no JSON object is refused with the reason", async () => {
  await expect(readConnection("/nowhere/c.json")).rejects.toThrow("expected a readable file, found ENOENT");
  expect(() => parseConnection("{", "c.json")).toThrow("expected JSON");
  expect(() => parseConnection("[]", "c.json")).toThrow("expected a JSON object");
});

it("addresses: tcp, tcp with an IPv6 address, ipc", () => {
  expect(endpoint(parse({}), "iopub")).toBe("tcp://127.0.0.1:4");
  expect(endpoint(parse({ ip: "::1" }), "shell")).toBe("tcp://[::1]:1");
  expect(endpoint(parse({ transport: "ipc", ip: "/tmp/k" }), "hb")).toBe("ipc:///tmp/k-5");
});
