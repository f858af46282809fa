import { type ChildProcess, spawn } from "node:child_process";
import { type Kernel, KernelManager, type KernelMessage, ServerConnection } from "@jupyterlab/services";
import { afterAll, beforeAll, expect, it } from "vitest";
import { venvProgram } from "../../support/jupyter.js";
import { createKernelWorld, type KernelWorld } from "../../support/kernelspec.js";
import { freePort } from "../../support/ports.js";

// The client that JupyterLab, Notebook and VS Code build upon, through a real Jupyter server.
let world: KernelWorld;
let server: ChildProcess;
let manager: KernelManager;
let kernel: Kernel.IKernelConnection;

beforeAll(async () => {
  world = createKernelWorld();
  const port = await freePort();
  const log: string[] = [];
  const options = ["--no-browser", "--allow-root", `--ServerApp.port=${port}`, "--IdentityProvider.token=test"];
  server = spawn(venvProgram("jupyter"), ["server", ...options], { cwd: world.folder, env: world.environment });
  server.stderr?.on("data", (chunk: Buffer) => log.push(chunk.toString()));
  const baseUrl = `http://127.0.0.1:${port}/`;
  for (let attempt = 0; !(await fetch(`${baseUrl}api?token=test`).catch(() => undefined))?.ok; attempt++) {
    if (attempt > 240 || server.exitCode !== null) throw new Error(`the server did not start:\n${log.join("")}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const serverSettings = ServerConnection.makeSettings({
    baseUrl,
    wsUrl: baseUrl.replace("http", "ws"),
    token: "test",
  });
  manager = new KernelManager({ serverSettings });
  await manager.ready;
  kernel = await manager.startNew({ name: "mindformers-lab" });
});

afterAll(async () => {
  await kernel?.shutdown();
  manager?.dispose();
  server?.kill("SIGTERM");
  await new Promise((resolve) => server?.once("exit", resolve));
  world.remove();
});

interface Options {
  readonly allow_stdin?: boolean;
  readonly subshell?: Kernel.IKernelConnection;
  readonly fails?: boolean;
}

async function run(code: string, options: Options = {}) {
  const { subshell = kernel, allow_stdin = false } = options;
  const future = subshell.requestExecute({ code, allow_stdin, stop_on_error: true });
  const messages: KernelMessage.IIOPubMessage[] = [];
  future.onIOPub = (message) => void messages.push(message);
  if (allow_stdin)
    future.onStdin = (message) => {
      if (message.header.msg_type === "input_request")
        future.sendInputReply({ value: "typed", status: "ok" }, (message as KernelMessage.IInputRequestMsg).header);
    };
  const reply = await future.done;
  if (reply.content.status === "error" && options.fails !== true) throw new Error(reply.content.evalue);
  const text = messages
    .filter(({ header }) => header.msg_type === "execute_result")
    .map(({ content }) => (content as { data: Record<string, string> }).data["text/plain"])[0];
  return { reply: reply.content, types: messages.map(({ header }) => header.msg_type), text };
}

it("knows the kernel: protocol, language, subshells", async () => {
  const info = (await kernel.info) as KernelMessage.IInfoReply & { readonly supported_features?: string[] };
  expect(info.protocol_version).toBe("5.5");
  expect(info.language_info).toMatchObject({ name: "typescript", file_extension: ".ts" });
  expect(kernel.supportsSubshells).toBe(true);
});

it("runs cells, and gets result, output and errors under the right one", async () => {
  const good = await run("console.log('a'); const answer: number = 6 * 7; answer");
  expect(good.types).toEqual(["status", "execute_input", "stream", "execute_result", "status"]);
  expect(good.text).toBe("42");
  const bad = await run("const wrong: number = 'text';", { fails: true });
  expect(bad.reply).toMatchObject({ status: "error", ename: "TypeScriptError" });
});

it("completes and inspects with types", async () => {
  const completion = (await kernel.requestComplete({ code: "Math.flo", cursor_pos: 8 })).content;
  expect(completion).toMatchObject({ status: "ok", cursor_start: 5, matches: expect.arrayContaining(["floor"]) });
  const inspection = (await kernel.requestInspect({ code: "answer", cursor_pos: 6, detail_level: 0 })).content;
  expect(inspection).toMatchObject({ status: "ok", found: true });
  expect(JSON.stringify(inspection)).toContain("const answer: number");
});

it("asks the user with input()", async () => {
  expect((await run("await input('Name')", { allow_stdin: true })).text).toBe("'typed'");
  expect((await run("await input('Name')", { fails: true })).reply).toMatchObject({
    status: "error",
    ename: "InputNotAllowed",
  });
});

it("opens comms in both directions, with bytes", async () => {
  await run(
    "let heard: unknown; comms.register('lab', (comm, { data }) => comm.onMessage(({ buffers }) => { heard = [data.n, ...buffers[0]]; comm.send({ ok: true }) }))",
  );
  const comm = kernel.createComm("lab");
  const answered = new Promise<KernelMessage.ICommMsgMsg>((resolve) => {
    comm.onMsg = resolve;
  });
  comm.open({ n: 1 });
  comm.send({}, {}, [new Uint8Array([5, 6])]);
  expect((await answered).content.data).toEqual({ ok: true });
  expect((await run("heard")).text).toBe("[ 1, 5, 6 ]");
  const content = (await kernel.requestCommInfo({ target_name: "lab" })).content as { comms: object };
  expect(Object.keys(content.comms)).toEqual([comm.commId]);

  const opened = new Promise<KernelMessage.ICommOpenMsg>((resolve) =>
    kernel.registerCommTarget("from-kernel", (_, message) => resolve(message)),
  );
  await run("comms.open('from-kernel', { data: { hello: 'lab' } }).id");
  expect((await opened).content.data).toEqual({ hello: "lab" });
});

it("runs a cell in a subshell while another one awaits", async () => {
  await run("let release: () => void = () => {}");
  const main = run("await new Promise<void>((r) => { release = r }); 'released'");
  const created = await kernel.requestCreateSubshell({}).done;
  const subshell = kernel.clone({ handleComms: false });
  subshell.subshellId = (created.content as { subshell_id: string }).subshell_id;
  expect((await run("release(); 'side'", { subshell })).text).toBe("'side'");
  expect((await main).text).toBe("'released'");
  await kernel.requestDeleteSubshell({ subshell_id: subshell.subshellId }).done;
  subshell.dispose();
});

it("interrupts and restarts", async () => {
  const endless = run("for (;;) {}", { fails: true });
  while (kernel.status !== "busy") await new Promise((resolve) => setTimeout(resolve, 5));
  await kernel.interrupt();
  expect((await endless).reply).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
  await kernel.restart();
  await kernel.info;
  expect((await run("typeof heard", { fails: true })).reply).toMatchObject({
    status: "error",
    ename: "TypeScriptError",
  });
  expect((await run("'new'")).text).toBe("'new'");
  const history = (
    await kernel.requestHistory({
      hist_access_type: "search",
      unique: true,
      pattern: "for (;;)*",
      n: 1,
      raw: true,
      output: false,
    })
  ).content;
  expect((history as { history: unknown[] }).history).toHaveLength(1);
});
