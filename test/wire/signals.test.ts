import { afterEach, expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

let client: WireClient;
afterEach(() => client.stop());

const value = async (code: string) =>
  (await client.execute(code)).iopub.find(({ type }) => type === "execute_result")?.content.data["text/plain"];

it("a signal that a cell sends itself reaches the user's listeners: they did not fire", async () => {
  client = await WireClient.start({ evaluator: "built" });
  await client.execute(`const seen: string[] = [];
    for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, (one) => void seen.push(one));`);
  const code = `for (const name of ['SIGINT', 'SIGTERM']) {
      process.kill(process.pid, name);
      await new Promise((done) => setImmediate(() => setImmediate(done)));
    }
    process.kill(process.pid, 2); await new Promise((done) => setImmediate(() => setImmediate(done))); seen`;
  expect(await value(code)).toBe("[ 'SIGINT', 'SIGTERM', 'SIGINT' ]");
});

it("a signal from elsewhere reaches the user's listeners and leaves the cell alone", async () => {
  client = await WireClient.start({ evaluator: "built" });
  await client.execute("const seen: string[] = []; process.on('SIGINT', (one) => void seen.push(one)); 0");
  const id = await client.send("execute_request", {
    code: "console.log('ready'); while (seen.length === 0) await new Promise((done) => setImmediate(done)); seen",
  });
  await client.published(({ type, parentId }) => type === "stream" && parentId === id, "the line");
  client.process.kill("SIGINT");
  expect((await client.reply(id)).content.status).toBe("ok");
  const other = await client.send("execute_request", { code: "console.log('again'); for (;;);" });
  await client.published(({ type, parentId }) => type === "execute_input" && parentId === other, "execute_input");
  await client.request("interrupt_request", {}, "control");
  expect((await client.reply(other)).content.ename).toBe("KeyboardInterrupt");
});

it("process.emit of a signal reaches the user's listeners and does not end the kernel", async () => {
  client = await WireClient.start({ evaluator: "built" });
  await client.execute("let stopped = 0; process.on('SIGTERM', () => void stopped++);");
  expect(await value("process.emit('SIGTERM', 'SIGTERM'); stopped")).toBe("1");
  expect(await value("process.removeAllListeners('SIGTERM'); process.emit('SIGTERM' as any); stopped")).toBe("1");
});

it("without listeners SIGINT ends the cell that sends it, and no other one", async () => {
  client = await WireClient.start({ evaluator: "built" });
  expect((await client.execute("process.kill(process.pid, 'SIGINT')")).reply.content.ename).toBe("KeyboardInterrupt");
  await client.execute(`let [go, sent] = [false, false];
    const timer = setInterval(() => {
      if (!go) return;
      clearInterval(timer);
      process.kill(process.pid, "SIGINT");
      sent = true;
    }, 1); 0`);
  expect(await value("go = true; while (!sent) await new Promise((done) => setImmediate(done)); 'whole'")).toBe(
    "'whole'",
  );
});
