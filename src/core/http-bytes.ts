import type { ByteSource } from "./bytes.js";
import { MachineError } from "./error.js";

/** A server that sends nothing for this long is given up. */
const patienceMs = 60_000;

/** What names the state of a file on a server. */
interface FileState {
  readonly byteLength: number;
  readonly savedAt: Date;
  readonly version: string | undefined;
}

/**
 * A file behind HTTP or HTTPS, read by range requests; nothing is kept. Every answer must be of the file that was
 * opened: the server compares its version (`If-Range`), and sizes and places are compared here.
 */
export class HttpBytes implements ByteSource {
  readonly name: string;
  readonly byteLength: number;
  /** The server's `Last-Modified`, else the time of opening. */
  readonly savedAt: Date;
  /** A strong `ETag`, else `Last-Modified`, as `If-Range` takes it; undefined if the server sends neither. */
  readonly version: string | undefined;
  readonly #silenceMs: number;

  private constructor(name: string, { byteLength, savedAt, version }: FileState, silenceMs: number) {
    this.name = name;
    this.byteLength = byteLength;
    this.savedAt = savedAt;
    this.version = version;
    this.#silenceMs = silenceMs;
  }

  /**
   * Asks for the first byte, which proves that the server answers ranges and gives the size.
   * @throws MachineError HTTP_FAILED if the server does not answer, has no such file, or sends whole files only.
   */
  static async open(url: string, { silenceMs = patienceMs } = {}): Promise<HttpBytes> {
    const answer = await request(url, { range: "bytes=0-0" }, silenceMs);
    const { status, headers } = answer;
    answer.end();
    const range = headers.get("content-range") ?? "";
    const size = status === 416 ? /^bytes \*\/0$/.exec(range) : /^bytes 0-0\/(\d+)$/.exec(range);
    if (size === null || (status !== 206 && status !== 416)) {
      const found = status === 200 ? "status 200: the server sends whole files only" : `status ${status}, ${range}`;
      throw failed(url, { what: `expected status 206 (partial content) for a range, found ${found}`, status });
    }
    const modified = headers.get("last-modified");
    const time = Date.parse(modified ?? "");
    const tag = headers.get("etag");
    const state = {
      byteLength: Number(size[1] ?? 0),
      savedAt: Number.isNaN(time) ? new Date() : new Date(time),
      version: (tag?.startsWith('"') ? tag : modified) ?? undefined,
    };
    return new HttpBytes(url, state, silenceMs);
  }

  async slice(start: number, end: number): Promise<Uint8Array> {
    if (end <= start) return new Uint8Array(0);
    const version = this.version === undefined ? {} : { "if-range": this.version };
    const answer = await request(this.name, { range: `bytes=${start}-${end - 1}`, ...version }, this.#silenceMs);
    const range = answer.headers.get("content-range") ?? "no content-range";
    const wanted = `bytes ${start}-${end - 1}/${this.byteLength}`;
    if (answer.status === 206 && range === wanted) return answer.body(end - start);
    answer.end();
    const found = answer.status === 206 ? range : `status ${answer.status}`;
    throw failed(this.name, {
      what: `expected ${wanted} of the file as it was opened, found ${found}`,
      hint: "the file was changed or replaced meanwhile: open it again",
    });
  }

  async close(): Promise<void> {}
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Exactly so many bytes. */
  body(length: number): Promise<Uint8Array>;
  /** Leaves the rest unread. */
  end(): void;
}

async function request(url: string, headers: Readonly<Record<string, string>>, silenceMs: number): Promise<Answer> {
  const silence = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Error(`nothing for ${silenceMs / 1000} s`)), silenceMs);
  };
  const end = () => {
    clearTimeout(timer);
    silence.abort();
  };
  listen();
  let response: Response;
  try {
    response = await fetch(url, { headers: { ...headers, "accept-encoding": "identity" }, signal: silence.signal });
  } catch (error) {
    clearTimeout(timer);
    throw failed(url, { what: `no answer (${reasonOf(error)})`, cause: error });
  }
  const { status } = response;
  if (!response.ok && status !== 416) {
    end();
    throw failed(url, { what: `expected the file, found status ${status}`, status });
  }
  const body = async (length: number) => {
    const bytes = new Uint8Array(length);
    let received = 0;
    try {
      for await (const portion of response.body ?? []) {
        listen();
        if (received + portion.byteLength > length) throw new RangeError(`more than ${length} bytes`);
        bytes.set(portion, received);
        received += portion.byteLength;
      }
      if (received < length) throw new RangeError(`${received} of ${length} bytes`);
    } catch (error) {
      throw failed(url, { what: `the answer broke off (${reasonOf(error)})`, cause: error });
    } finally {
      end();
    }
    return bytes;
  };
  return { status, headers: response.headers, body, end };
}

/** `fetch` says "fetch failed" or "terminated", and the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}

interface Failure {
  readonly what: string;
  readonly hint?: string;
  readonly status?: number;
  readonly cause?: unknown;
}

function failed(url: string, { what, hint, status, cause }: Failure): MachineError {
  return new MachineError("HTTP_FAILED", `${url}: ${what}`, {
    hint: hint ?? "check the address and that the server answers range requests; or copy the file here",
    details: { url, ...(status !== undefined && { status }) },
    ...(cause === undefined ? {} : { cause }),
  });
}
