import { afterAll, beforeAll, expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

let client: WireClient;
beforeAll(async () => {
  client = await WireClient.start();
});
afterAll(() => client.stop());

it("display_data carries an id in transient, and update_display_data from another cell names the same id", async () => {
  const first = await client.execute("display({ 'text/plain': 'one' }, { displayId: 'd1' })");
  expect(first.iopub[2]).toMatchObject({
    type: "display_data",
    content: { data: { "text/plain": "one" }, transient: { display_id: "d1" } },
  });
  const second = await client.execute("display({ 'text/plain': 'two' }, { displayId: 'd1', update: true })");
  expect(second.iopub[2]).toMatchObject({
    type: "update_display_data",
    content: { data: { "text/plain": "two" }, metadata: {}, transient: { display_id: "d1" } },
  });
});

it("clear_output comes between what was printed before and after it", async () => {
  const { iopub } = await client.execute(
    "console.log('old'); clearOutput({ wait: true }); console.log('new'); clearOutput()",
  );
  expect(iopub.slice(2, -1).map(({ type, content }) => [type, content.text ?? content.wait])).toEqual([
    ["stream", "old\n"],
    ["clear_output", true],
    ["stream", "new\n"],
    ["clear_output", false],
  ]);
});

it("cell.signal is aborted when the cell is interrupted, and each cell has its own", async () => {
  const id = await client.send("execute_request", {
    code:
      "globalThis.signal = cell.signal; " +
      "signal.addEventListener('abort', () => { globalThis.why = signal.reason.name }); await new Promise(() => {})",
  });
  await client.published(({ type, parentId }) => type === "execute_input" && parentId === id, "execute_input");
  await client.request("interrupt_request", {}, "control");
  await client.reply(id);
  const { iopub } = await client.execute(
    "return [why, signal.aborted, cell.signal.aborted, cell.executionCount, cell.interactive]",
    { allow_stdin: false },
  );
  const text = iopub.find(({ type }) => type === "execute_result")?.content.data["text/plain"];
  expect(text).toMatch(/^\[ 'KeyboardInterrupt', true, false, \d+, false \]$/);
});

it("half an emoji becomes U+FFFD in streams, values, tables, HTML, errors and metadata: the notebook could not be saved", async () => {
  client = await WireClient.start();
  const half = "'Great news 🎉 all'.slice(0, 12)";
  const { reply, iopub } = await client.execute(`console.log(${half});
    display({ 'text/html': ${half}, 'application/json': { [${half}]: [${half}] } }, { metadata: { note: ${half} } });
    display([{ a: ${half} }, { a: 1 }]);
    throw Object.assign(new Error(${half}), { name: ${half} });`);
  const all = JSON.stringify(
    [reply.content, ...iopub.map(({ content }) => content)].map((content) => ({ ...content, code: "" })),
  );
  expect(all).not.toMatch(/(?<!\\)\\ud[89a-f]/);
  expect(all.match(/Great news �/g)?.length).toBeGreaterThan(9);
  const history = await client.request("history_request", { hist_access_type: "tail", n: 1, output: false, raw: true });
  expect(history.content.history).toHaveLength(1);
});
