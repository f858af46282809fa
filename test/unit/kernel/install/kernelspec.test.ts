import { expect, it } from "vitest";
import { formatKernelspec, kernelspecFolder } from "../../../../kernel/install/kernelspec.js";

const linux = { environment: {}, platform: "linux", home: "/h" } as const;

it("kernel.json names absolute programs, interrupts by message and speaks protocol 5.5", () => {
  expect(JSON.parse(formatKernelspec({ node: "/bin/node", program: "/p/dist/kernel/main.js" }))).toEqual({
    argv: ["/bin/node", "/p/dist/kernel/main.js", "start", "{connection_file}"],
    display_name: "TypeScript (MindFormers)",
    language: "typescript",
    interrupt_mode: "message",
    kernel_protocol_version: "5.5",
    metadata: { debugger: true, kernel_protocol_version: "5.5" },
  });
});

it("--user goes where Jupyter looks on each system", () => {
  const folder = (surroundings: object) => kernelspecFolder({ kind: "user" }, "k", { ...linux, ...surroundings });
  expect(folder({})).toBe("/h/.local/share/jupyter/kernels/k");
  expect(folder({ environment: { XDG_DATA_HOME: "/x" } })).toBe("/x/jupyter/kernels/k");
  expect(folder({ environment: { JUPYTER_DATA_DIR: "/j" } })).toBe("/j/kernels/k");
  expect(folder({ platform: "darwin" })).toBe("/h/Library/Jupyter/kernels/k");
  expect(folder({ platform: "win32", environment: { APPDATA: "/a" } })).toBe("/a/jupyter/kernels/k");
});

it("--prefix and --sys-prefix go below share/jupyter", () => {
  expect(kernelspecFolder({ kind: "prefix", prefix: "/p" }, "k", linux)).toBe("/p/share/jupyter/kernels/k");
  const active = { ...linux, environment: { VIRTUAL_ENV: "/v" } };
  expect(kernelspecFolder({ kind: "sys-prefix" }, "k", active)).toBe("/v/share/jupyter/kernels/k");
});

it("--sys-prefix without an active environment says so", () => {
  expect(() => kernelspecFolder({ kind: "sys-prefix" }, "k", linux)).toThrow("expected an active Python environment");
});

it("a name that Jupyter would not accept is refused", () => {
  for (const name of ["", "a b", "../x", "ü"]) {
    expect(() => kernelspecFolder({ kind: "user" }, name, linux), name).toThrow("kernel name: expected letters");
  }
});
