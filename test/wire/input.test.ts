import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WireClient, type WireMessage } from "../support/wire-client.js";

let client: WireClient;
beforeAll(async () => {
  client = await WireClient.start();
});
afterAll(() => client.stop());

async function nextQuestion() {
  const before = client.questions.length;
  await client.until(() => client.questions.length > before, "input_request");
  return client.questions[before] as (typeof client.questions)[number];
}

/**
 * Output and questions come on two sockets, in any order: what counts is when the kernel sent them. The cell stands
 * until it is answered.
 */
async function sentBefore(question: WireMessage, text: string): Promise<void> {
  const output = await client.published(({ content }) => content.text === text, text);
  expect(String(output.header.date) <= String(question.header.date)).toBe(true);
}

const value = (iopub: readonly { type: string; content: { data?: Record<string, string> } }[]) =>
  iopub.find(({ type }) => type === "execute_result")?.content.data?.["text/plain"];

it("input_request goes to the client that sent the cell, with prompt and password, and input_reply is what input() gives", async () => {
  const asked = nextQuestion();
  const running = client.execute("const name = await input('Name: '); return name + '!'");
  const question = await asked;
  expect(question).toMatchObject({
    type: "input_request",
    signed: true,
    content: { prompt: "Name: ", password: false },
  });
  await client.send("input_reply", { value: "Ada 🦜" }, "stdin", { parent: question.header });
  expect(value((await running).iopub)).toBe("'Ada 🦜!'");

  const secretly = nextQuestion();
  const secret = client.execute("return (await input('Token', { password: true })).length");
  expect((await secretly).content).toEqual({ prompt: "Token", password: true });
  // Some clients do not say what they answer.
  await client.send("input_reply", { value: "abc" }, "stdin");
  expect(value((await secret).iopub)).toBe("3");
});

it("prompt() blocks until the answer is there, in functions that aren't async; an empty answer is the initial value", async () => {
  const asked = nextQuestion();
  const running = client.execute(
    "console.log('before'); const ask = () => prompt('Name: ', 'Eve'); return [ask(), ask()].join()",
  );
  const first = await asked;
  expect(first.content).toEqual({ prompt: "Name: [Eve] ", password: false });
  await sentBefore(first, "before\n");
  expect((await client.request("kernel_info_request", {}, "control")).content.status).toBe("ok");
  const second = nextQuestion();
  await client.send("input_reply", { value: "Ada 🦜" }, "stdin", { parent: first.header });
  await second;
  await client.send("input_reply", { value: "" }, "stdin");
  expect(value((await running).iopub)).toBe("'Ada 🦜,Eve'");
});

it("an interrupt ends a prompt(), and its late answer answers nothing", async () => {
  const asked = nextQuestion();
  const id = await client.send("execute_request", { code: "prompt('a')" });
  const late = await asked;
  await client.request("interrupt_request", {}, "control");
  expect((await client.reply(id)).content).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
  await client.send("input_reply", { value: "late" }, "stdin", { parent: late.header });
  const next = nextQuestion();
  const running = client.execute("return prompt('b')");
  await client.send("input_reply", { value: "2" }, "stdin", { parent: (await next).header });
  expect(value((await running).iopub)).toBe("'2'");
});

it("what the cell printed before it asks is there before the question", async () => {
  const asked = nextQuestion();
  const running = client.execute("console.log('look here'); return await input('?')");
  await sentBefore(await asked, "look here\n");
  await client.send("input_reply", { value: "" }, "stdin");
  expect(value((await running).iopub)).toBe("''");
});

it("two questions at a time are asked one after the other", async () => {
  const first = nextQuestion();
  const running = client.execute("return (await Promise.all([input('a'), input('b')])).join()");
  const a = await first;
  const second = nextQuestion();
  await client.send("input_reply", { value: "1" }, "stdin", { parent: a.header });
  const b = await second;
  expect(b.content.prompt).toBe("b");
  await client.send("input_reply", { value: "late" }, "stdin", { parent: a.header });
  await client.send("input_reply", { value: "2" }, "stdin", { parent: b.header });
  expect(value((await running).iopub)).toBe("'1,2'");
});

it("allow_stdin: false makes input() fail at once and says why", async () => {
  const { reply } = await client.execute("await input('?')", { allow_stdin: false });
  expect(reply.content).toMatchObject({ status: "error", ename: "InputNotAllowed" });
  expect(reply.content.evalue).toContain("allow_stdin: false");
  expect(client.questions.filter(({ parentId }) => parentId === reply.parentId)).toEqual([]);
});

it("an interrupt ends the waiting, and a late answer goes to nobody", async () => {
  const asked = nextQuestion();
  const id = await client.send("execute_request", { code: "await input('waiting')" });
  const question = await asked;
  await client.request("interrupt_request", {}, "control");
  expect((await client.reply(id)).content.ename).toBe("KeyboardInterrupt");
  await client.send("input_reply", { value: "late" }, "stdin", { parent: question.header });
  const next = nextQuestion();
  const running = client.execute("return await input('next')");
  await client.send("input_reply", { value: "right" }, "stdin", { parent: (await next).header });
  expect(value((await running).iopub)).toBe("'right'");
});

describe("process.stdin in a cell asks the user: its readers waited for ever", () => {
  let built: WireClient;
  beforeAll(async () => {
    built = await WireClient.start({ evaluator: "built" });
  });
  afterAll(() => built.stop());

  /** Runs a cell and answers its questions; gives the prompts and the text of the result. */
  async function talk(code: string, answers: readonly string[]) {
    const before = built.questions.length;
    const running = built.execute(code);
    for (const [index, answer] of answers.entries()) {
      await built.until(() => built.questions.length > before + index, "input_request");
      await built.send("input_reply", { value: answer }, "stdin", {
        parent: (built.questions[before + index] as WireMessage).header,
      });
    }
    const { iopub, reply } = await running;
    expect(reply.content.evalue).toBeUndefined();
    return { prompts: built.questions.slice(before).map(({ content }) => content.prompt), shown: value(iopub) };
  }

  it.each([
    [
      "question of readline/promises",
      `import { createInterface } from "node:readline/promises";
      const lines = createInterface({ input: process.stdin });
      const both = [await lines.question("a? "), await lines.question("b? ")]; lines.close(); both`,
      ["1", "2"],
      ["a? ", "b? "],
      "[ '1', '2' ]",
    ],
    [
      "question of readline",
      `import * as readline from "node:readline"; const asked = readline.createInterface({ input: process.stdin });
      const got = await new Promise((done) => asked.question("c? ", done)); asked.close(); got`,
      ["3"],
      ["c? "],
      "'3'",
    ],
    [
      "lines of readline",
      `const reader = require("node:readline").createInterface({ input: process.stdin });
      const line = await new Promise((done) => reader.once("line", done)); reader.close(); line`,
      ["4"],
      [""],
      "'4'",
    ],
    [
      "data",
      "const data = await new Promise((done) => process.stdin.once('data', done)); String(data)",
      ["5"],
      [""],
      "'5\\n'",
    ],
    [
      "chunks of a loop",
      "let chunk = ''; for await (const one of process.stdin) { chunk = String(one); break } chunk",
      ["6"],
      ["(an empty answer ends the input) "],
      "'6\\n'",
    ],
    [
      "text of node:stream/consumers, which asked for ever,",
      `const all = await require("node:stream/consumers").text(process.stdin); all`,
      ["a", "b", ""],
      ["(an empty answer ends the input) ", "(an empty answer ends the input) ", "(an empty answer ends the input) "],
      "'a\\nb\\n'",
    ],
    [
      "json of node:stream/consumers, which asked for ever,",
      `const parsed = await require("node:stream/consumers").json(process.stdin); parsed`,
      ["[1,", "2]", ""],
      ["(an empty answer ends the input) ", "(an empty answer ends the input) ", "(an empty answer ends the input) "],
      "[ 1, 2 ]",
    ],
    [
      "a loop over all chunks, which asked for ever,",
      `let chunks = ""; for await (const each of process.stdin) chunks += each; chunks`,
      ["c", ""],
      ["(an empty answer ends the input) ", "(an empty answer ends the input) "],
      "'c\\n'",
    ],
    [
      "an event end, which never came,",
      `const parts: string[] = []; process.stdin.on("data", (part) => parts.push(String(part)));
      await new Promise((done) => process.stdin.once("end", done)); parts`,
      ["d", ""],
      ["(an empty answer ends the input) ", "(an empty answer ends the input) "],
      "[ 'd\\n' ]",
    ],
    [
      "data once, answered by nothing,",
      "const nothing = await new Promise((done) => process.stdin.once('data', done)); String(nothing)",
      [""],
      [""],
      "'\\n'",
    ],
    [
      "readable",
      `const read = await new Promise((done) => process.stdin.on("readable", function take() {
        const one = process.stdin.read(); if (one !== null) { process.stdin.off("readable", take); done(one) } }));
      String(read)`,
      ["7"],
      [""],
      "'7\\n'",
    ],
    [
      "lines of a loop, which leaves its interface open",
      `const open = require("node:readline").createInterface({ input: process.stdin }); const lines: string[] = [];
      for await (const line of open) if (lines.push(line) === 2) break; lines`,
      ["8", "9"],
      ["", ""],
      "[ '8', '9' ]",
    ],
    [
      "data, after an interface of an earlier cell",
      "const after = await new Promise((done) => process.stdin.once('data', done)); String(after)",
      ["10"],
      [""],
      "'10\\n'",
    ],
  ])("%s", async (_, code, answers, prompts, shown) => {
    expect(await talk(code, answers)).toEqual({ prompts, shown });
  });

  it("a question that is withdrawn by its signal ends: the cell waited for the answer", async () => {
    const code = `import * as promises from "node:readline/promises";
      const withdrawn = promises.createInterface({ input: process.stdin }); const stop = new AbortController();
      const asked = withdrawn.question("d? ", { signal: stop.signal }); setTimeout(() => stop.abort(), 20);
      const name = await asked.catch((error) => error.name); withdrawn.close(); name`;
    expect(value((await built.execute(code)).iopub)).toBe("'AbortError'");
    expect(await talk("await input('e? ')", ["11"])).toEqual({ prompts: ["e? "], shown: "'11'" });
  });

  it("a question that an ended cell has left does not keep others waiting", async () => {
    const left = built.until(() => built.questions.some(({ content }) => content.prompt === "left? "), "input_request");
    await built.execute("void input('left? '); await new Promise((done) => setTimeout(done, 20))");
    await left;
    expect(await talk("await input('next? ')", ["12"])).toEqual({ prompts: ["next? "], shown: "'12'" });
  });

  it("a client that can't ask ends the cell with an error that names input()", async () => {
    const code = "await new Promise((done) => process.stdin.once('data', done))";
    const { reply } = await built.execute(code, { allow_stdin: false });
    expect(reply.content.ename).toBe("InputNotAllowed");
    expect(reply.content.evalue).toContain("input()");
    expect(value((await built.execute("1 + 1")).iopub)).toBe("2");
  });
});
