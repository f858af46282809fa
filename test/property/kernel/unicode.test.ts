import { afterAll, expect, it, vi } from "vitest";
import { type Cell, runInCell } from "../../../kernel/cell/cell-context.js";
import type { IopubMessage } from "../../../kernel/cell/publisher.js";
import { createCodec } from "../../../kernel/channels/codec.js";
import {
  announce,
  askForInput,
  broadcast,
  type Envelope,
  errorReply,
  type Outgoing,
  replyTo,
} from "../../../kernel/channels/messages.js";
import { createComms } from "../../../kernel/comms/comms.js";
import { Session } from "../../../kernel/history/session.js";
import { createDisplayFlow } from "../../../kernel/output/flow/display-flow.js";
import { createStreams } from "../../../kernel/output/flow/streams.js";
import { createHost } from "../../../kernel/output/host.js";
import { withKinds } from "../../../kernel/output/looks/show.js";
import { describeFailure } from "../../../kernel/report/failure.js";
import { commInfo } from "../../../kernel/requests/comms.js";
import { complete, inspect } from "../../../kernel/requests/language.js";
import type { Services } from "../../../kernel/requests/services.js";
import { Made } from "../../support/made-values.js";
import { pick, seededRandom } from "../../support/random.js";

// Whatever the kernel sends, made by what makes it in the kernel. KERNEL_TEXTS and KERNEL_SEED run more cases, or
// others.
const count = Number(process.env.KERNEL_TEXTS ?? 2000);
const seed = Number(process.env.KERNEL_SEED ?? 20261201);

const wholes = [
  "🎉",
  "👩‍💻",
  "é",
  "a",
  "bc",
  " ",
  "\n",
  "\\",
  "\\ud83c",
  '"',
  "'",
  "<",
  "&",
  "\u2028",
  "\u001b[31m",
  "\0",
];
const halves = ["\ud83c", "\udf89", "\udf89\ud83c", "\udfff", "\ud800"];
interface Place {
  readonly made: Made;
  readonly request: Envelope;
  publish(message: IopubMessage): void;
}

interface Kinds {
  readonly [name: string]: (place: Place) => Outgoing | Promise<Outgoing> | undefined;
}

function openOutput({ publish }: Place) {
  const streams = createStreams({ publish }, { now: () => 0, after: () => {} });
  const host = createHost({ publisher: { publish }, streams, flow: createDisplayFlow({ publish }) });
  return { streams, ...host, kinds: withKinds(host.display) };
}

function fakeServices(parts: object): Services {
  return parts as Services;
}

const kinds: Kinds = {
  streams(place) {
    const { streams } = openOutput(place);
    const { made } = place;
    for (const text of made.list(made.text, 6)) {
      const bytes = Buffer.from(text);
      const cut = made.number(bytes.length + 1);
      const name = pick(["stdout", "stderr"] as const, made.random);
      const pieces = pick([[text], [bytes.subarray(0, cut), bytes.subarray(cut)]], made.random);
      for (const piece of pieces) streams.write(name, piece);
    }
    streams.flush();
    return undefined;
  },
  values(place) {
    openOutput(place).display(place.made.value());
    return undefined;
  },
  bundles(place) {
    const { made } = place;
    const types = [
      "text/plain",
      "text/html",
      "text/markdown",
      "image/svg+xml",
      "application/json",
      "application/x+json",
    ];
    const bundle = Object.fromEntries(made.list(() => [pick(types, made.random), made.json()] as const));
    const options = { metadata: made.record(made.json), displayId: made.text(), update: made.random() < 0.3 };
    openOutput(place).host.display({ "text/plain": made.text(), ...bundle }, options);
    return undefined;
  },
  tables(place) {
    const { made } = place;
    const keys = [made.text(), made.text(), "k"];
    const row = () => Object.fromEntries(keys.map((key) => [key, made.random() < 0.2 ? made.value(1) : made.text()]));
    const rows = Array.from({ length: 2 + made.number(3) }, row);
    const { kinds, display } = openOutput(place);
    if (made.random() < 0.5) display(rows);
    else kinds.table(rows, { metadata: made.record(made.text) });
    return undefined;
  },
  contents(place) {
    const { made } = place;
    const { kinds } = openOutput(place);
    pick([kinds.html, kinds.markdown, kinds.latex, kinds.svg, kinds.json], made.random)(made.text());
    return undefined;
  },
  hooks(place) {
    const { made } = place;
    const { display } = openOutput(place);
    const [text, name] = [made.text(), pick(["_repr_html_", "_repr_markdown_", "_toHtml", "toHTML"], made.random)];
    const own = { "text/html": text, [`application/${made.number(9)}`]: made.json() };
    display(
      pick(
        [{ [name]: () => text }, { [Symbol.for("Jupyter.display")]: () => own }, { $display: () => own }],
        made.random,
      ),
    );
    return undefined;
  },
  errors({ made, publish, request }) {
    const { ename, evalue, traceback } = describeFailure(made.error());
    publish({ type: "error", parent: request.header, content: { ename, evalue, traceback } });
    return replyTo(request, errorReply(ename, evalue, traceback));
  },
  progress(place) {
    const { made } = place;
    const { host, streams } = openOutput(place);
    const cell = { parent: place.request.header, silent: false, interactive: made.random() < 0.7, executionCount: 1 };
    runInCell({ ...cell, identities: [], abort: new AbortController() } as Cell, () => {
      const progress = host.progress?.({ title: made.text(), unit: made.text(), total: 3 });
      progress?.update(1, made.text());
      progress?.finish(made.random() < 0.5 ? undefined : made.text());
      streams.flush();
    });
    return undefined;
  },
  comms({ made, publish, request }) {
    const comms = createComms({ publish }, () => {});
    const more = () => ({
      data: made.record(made.json),
      metadata: made.record(made.json),
      buffers: [Buffer.from([255])],
    });
    const comm = comms.api.open(made.text(), more());
    comm.send(made.record(made.json), { metadata: made.record(made.text) });
    const reply = commInfo(
      { ...request, type: "comm_info_request", content: { targetName: undefined } },
      fakeServices({ comms }),
    );
    comm.close(made.record(made.json));
    return replyTo(request, reply);
  },
  history({ made, request }) {
    const session = new Session();
    for (const code of made.list(made.text)) {
      session.store(code, code);
      if (made.random() < 0.7) session.storeOutput(code, made.text());
    }
    const query = { access: "tail", output: true, session: 0, start: 0, stop: undefined, limit: undefined } as const;
    return replyTo(request, { status: "ok", history: session.history({ ...query, pattern: "", unique: false }) });
  },
  async answers({ made, request }) {
    const found = made.list(() => ({ text: made.text(), kind: made.text(), type: made.text() }));
    const code = made.text();
    const evaluator = {
      complete: async () => ({ matches: found, start: made.number(code.length), end: code.length }),
      inspect: async () => ({ text: made.text(), markdown: made.text() }),
    };
    const services = fakeServices({ evaluator: Promise.resolve(evaluator) });
    const content = { code, cursor: made.number(code.length + 1), detail: 0 } as const;
    const asked = pick([complete, inspect], made.random) as typeof inspect;
    return replyTo(request, await asked({ ...request, type: "inspect_request", content }, services));
  },
  questions: ({ made, request }) => askForInput(request, { id: "1", prompt: made.text(), password: false }),
  events: ({ made }) => announce("debug_event", { content: made.record(made.json) }),
};

const codec = createCodec({ key: "k", hash: "sha256", session: "s" });
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** What of a message isn't well-formed, or was repaired. */
function troubleOf(message: Outgoing, isRepairAllowed: boolean): string[] {
  const trouble: string[] = [];
  const check = (text: string): void => {
    if (/\p{Surrogate}/u.test(text)) trouble.push(`half of a character in ${JSON.stringify(text.slice(-80))}`);
    if (!isRepairAllowed && text.includes("\ufffd")) trouble.push(`cut: ${JSON.stringify(text.slice(-80))}`);
  };
  const frames = codec.encode(message);
  const texts = frames.slice(0, frames.length - message.buffers.length).map((frame) => utf8.decode(frame));
  for (const text of texts.slice(-4))
    JSON.parse(text, (key, value: unknown) => {
      check(key);
      if (typeof value === "string") check(value);
      return value;
    });
  return trouble;
}

function requestOf({ text }: Made): Envelope {
  const header = { msg_id: text(), session: text(), username: text(), date: "", msg_type: "x_request", version: "5.3" };
  return {
    channel: "shell",
    identities: [],
    header,
    parentId: undefined,
    subshellId: undefined,
    metadata: {},
    buffers: [],
  };
}

afterAll(() => vi.useRealTimers());

it.each([
  [
    "halves of characters anywhere: everything sent is well-formed, or the notebook can't be saved",
    [...wholes, ...halves],
  ],
  ["whole characters only: what is too long is never cut within one", wholes],
])(
  "%s",
  async (_, units) => {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout"] });
    const random = seededRandom(seed);
    const wrong: unknown[] = [];
    const seen = new Map<string, number>();
    for (let k = 0; k < count && wrong.length < 5; k++) {
      const made = new Made(random, units);
      const [name, make] = pick(Object.entries(kinds), random);
      const messages: Outgoing[] = [];
      const request = requestOf(made);
      const publish = (message: IopubMessage) => void messages.push(broadcast({ ...message, parent: request.header }));
      const sent = await make({ made, request, publish });
      if (sent !== undefined) messages.push(sent);
      seen.set(name, (seen.get(name) ?? 0) + messages.length);
      const trouble = messages.flatMap((message) => troubleOf(message, units !== wholes));
      if (trouble.length > 0) wrong.push({ k, name, trouble });
    }
    expect(wrong).toEqual([]);
    for (const name of Object.keys(kinds)) expect([name, (seen.get(name) ?? 0) > 0]).toEqual([name, true]);
  },
  600_000,
);
