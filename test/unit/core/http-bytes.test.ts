import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open/open.js";
import { HttpBytes } from "../../../src/core/http-bytes.js";
import { floats, safetensorsFile } from "../../support/safetensors-file.js";

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(answer: Serve): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.safetensors`;
}

const file = Buffer.from(safetensorsFile({ w: floats(1, 2, 3, 4) }));

/** Answers as a server of files does; `etag` is the version that it has now. */
function ranges(request: IncomingMessage, response: ServerResponse, { etag = '"1"', bytes = file } = {}): void {
  const [, from = "0", to = "0"] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
  const other = request.headers["if-range"];
  if (other !== undefined && other !== etag) response.writeHead(200, { etag }).end(bytes);
  else if (bytes.byteLength === 0) response.writeHead(416, { "content-range": "bytes */0" }).end();
  else {
    const range = `bytes ${from}-${to}/${bytes.byteLength}`;
    response.writeHead(206, { "content-range": range, etag }).end(bytes.subarray(Number(from), Number(to) + 1));
  }
}

test("a server without ranges is named as such, not read whole", async () => {
  const url = await serve((_, response) => void response.writeHead(200).end(file));
  await expect(openCheckpoint(url)).rejects.toThrow(/found status 200: the server sends whole files only/);
});

test("an empty file has no bytes; a 416 of any other kind is an error", async () => {
  const empty = await serve((request, response) => ranges(request, response, { bytes: Buffer.alloc(0) }));
  expect((await HttpBytes.open(empty)).byteLength).toBe(0);
  const odd = await serve((_, response) => void response.writeHead(416).end());
  await expect(HttpBytes.open(odd)).rejects.toMatchObject({ code: "HTTP_FAILED", details: { status: 416 } });
});

test("a file that is replaced while it is read gives an error, not a mixture of both", async () => {
  let etag = '"1"';
  const url = await serve((request, response) => ranges(request, response, { etag }));
  const checkpoint = await openCheckpoint(url);
  etag = '"2"';
  await expect(checkpoint.values("w")).rejects.toMatchObject({ code: "CHECKPOINT_CHANGED" });
  const opened = await HttpBytes.open(url);
  etag = '"3"';
  await expect(opened.slice(0, 8)).rejects.toMatchObject({
    hint: "the file was changed or replaced meanwhile: open it again",
  });
});

test("a server without versions that sends another range or size is caught", async () => {
  let bytes = file;
  const url = await serve((request, response) => {
    response.removeHeader("etag");
    ranges(request, response, { bytes });
  });
  const opened = await HttpBytes.open(url);
  bytes = Buffer.concat([file, file]);
  await expect(opened.slice(0, 8)).rejects.toThrow(`expected bytes 0-7/${file.byteLength} of the file`);
});

test("a redirect is followed for each range, so that an address that expires does no harm", async () => {
  const asked: string[] = [];
  const url = await serve((request, response) => {
    asked.push(request.url ?? "");
    if (request.url === "/model.safetensors") response.writeHead(302, { location: `/signed-${asked.length}` }).end();
    else ranges(request, response);
  });
  expect([...((await (await openCheckpoint(url)).values("w")) as Float64Array)]).toEqual([1, 2, 3, 4]);
  expect(asked.filter((path) => path === "/model.safetensors").length).toBeGreaterThan(1);
});

test("a server that falls silent, breaks off, or sends too much ends in an error with the reason", async () => {
  const silent = await serve(() => undefined);
  await expect(HttpBytes.open(silent, { silenceMs: 50 })).rejects.toThrow("no answer (nothing for 0.05 s)");
  const stuck = async (end: (response: ServerResponse) => void) => {
    let first = true;
    const url = await serve((request, response) => {
      if (first) ranges(request, response);
      else {
        response.writeHead(206, { "content-range": `bytes 0-7/${file.byteLength}`, etag: '"1"' });
        response.write(file.subarray(0, 4));
        end(response);
      }
      first = false;
    });
    return (await HttpBytes.open(url, { silenceMs: 1000 })).slice(0, 8);
  };
  await expect(stuck(() => undefined)).rejects.toThrow("the answer broke off (nothing for 1 s)");
  await expect(stuck((response) => void response.end())).rejects.toThrow("the answer broke off (4 of 8 bytes)");
  await expect(stuck((response) => void response.end(file))).rejects.toThrow("more than 8 bytes");
  await expect(stuck((response) => void response.destroy())).rejects.toMatchObject({ code: "HTTP_FAILED" });
});

test("a server that is down or in trouble is not taken for a folder without checkpoints", async () => {
  const url = await serve((_, response) => void response.writeHead(503).end());
  await expect(openCheckpoint(url)).rejects.toThrow("expected the file, found status 503");
  await expect(openCheckpoint("http://127.0.0.1:1/models")).rejects.toThrow(/no answer/);
  const gone = await serve((_, response) => void response.writeHead(404).end());
  await expect(openCheckpoint(gone)).rejects.toMatchObject({ hint: "check the address" });
});
