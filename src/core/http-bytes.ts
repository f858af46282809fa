import type { ByteSource } from "./bytes.js";
import { MachineError } from "./error.js";

/** A file behind HTTP or HTTPS, read by range requests; nothing is kept. */
export class HttpBytes implements ByteSource {
  readonly name: string;
  readonly byteLength: number;
  /** The server's `Last-Modified`, else the time of opening. */
  readonly savedAt: Date;

  private constructor(name: string, byteLength: number, savedAt: Date) {
    this.name = name;
    this.byteLength = byteLength;
    this.savedAt = savedAt;
  }

  /**
   * Asks for the first byte, which proves that the server answers ranges and gives the size.
   * @throws MachineError HTTP_FAILED if the server does not answer, has no such file, or sends whole files only.
   */
  static async open(url: string): Promise<HttpBytes> {
    const answer = await request(url, "bytes=0-0");
    await answer.body?.cancel();
    if (answer.status === 416) return new HttpBytes(url, 0, new Date());
    const total = /^bytes \d+-\d+\/(\d+)$/.exec(answer.headers.get("content-range") ?? "")?.[1];
    if (answer.status !== 206 || total === undefined) {
      throw failed(url, `expected status 206 (partial content) for a range, found ${answer.status}`);
    }
    const modified = Date.parse(answer.headers.get("last-modified") ?? "");
    return new HttpBytes(url, Number(total), Number.isNaN(modified) ? new Date() : new Date(modified));
  }

  async slice(start: number, end: number): Promise<Uint8Array> {
    if (end <= start) return new Uint8Array(0);
    const answer = await request(this.name, `bytes=${start}-${end - 1}`);
    if (answer.status !== 206) {
      await answer.body?.cancel();
      throw failed(this.name, `expected status 206 for bytes ${start} to ${end}, found ${answer.status}`);
    }
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (bytes.byteLength === end - start) return bytes;
    throw failed(this.name, `expected ${end - start} bytes, found ${bytes.byteLength}`);
  }

  async close(): Promise<void> {}
}

async function request(url: string, range: string): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, { headers: { range, "accept-encoding": "identity" } });
  } catch (error) {
    throw failed(url, `no answer (${error instanceof Error ? error.message : error})`, error);
  }
  if (answer.ok || answer.status === 416) return answer;
  await answer.body?.cancel();
  throw failed(url, `expected the file, found status ${answer.status}`);
}

function failed(url: string, what: string, cause?: unknown): MachineError {
  return new MachineError("HTTP_FAILED", `${url}: ${what}`, {
    hint: "check the address and that the server answers range requests; or copy the file here",
    details: { url },
    ...(cause === undefined ? {} : { cause }),
  });
}
