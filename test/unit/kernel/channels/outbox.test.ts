import { expect, it } from "vitest";
import { createOutbox } from "../../../../kernel/channels/outbox.js";

const frame = (n: number) => [Buffer.from(String(n))];
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

it("sends in order, one at a time, and loses nothing", async () => {
  const sent: string[] = [];
  let inFlight = 0;
  const outbox = createOutbox({
    async send([first]) {
      inFlight += 1;
      expect(inFlight).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      sent.push(String(first));
      inFlight -= 1;
    },
    onFailure: (error) => expect.unreachable(String(error)),
  });
  for (const n of numbers(300)) outbox.push(frame(n));
  await outbox.drained();
  expect(sent).toEqual(numbers(300).map(String));
});

it("continues after a send that failed, and reports it", async () => {
  const sent: string[] = [];
  const failures: unknown[] = [];
  const outbox = createOutbox({
    async send([first]) {
      if (String(first) === "1") throw new Error("no route");
      sent.push(String(first));
    },
    onFailure: (error) => failures.push(error),
  });
  for (const n of numbers(3)) outbox.push(frame(n));
  await outbox.drained();
  expect(sent).toEqual(["0", "2"]);
  expect(failures).toEqual([new Error("no route")]);
});

it("lets others have a turn during a burst, even if each send is instant", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const outbox = createOutbox({ send: async () => {}, onFailure() {} });
  for (const n of numbers(20_000)) outbox.push(frame(n));
  await outbox.drained();
  clearInterval(timer);
  expect(turns).toBeGreaterThan(1);
});

it("what is pushed while the last send is under way is sent too", async () => {
  const sent: string[] = [];
  const outbox = createOutbox({
    async send([first]) {
      sent.push(String(first));
      if (sent.length === 1) outbox.push(frame(1));
    },
    onFailure() {},
  });
  outbox.push(frame(0));
  await outbox.drained();
  expect(sent).toEqual(["0", "1"]);
});
