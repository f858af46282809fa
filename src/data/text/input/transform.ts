import type { Gunzip } from "node:zlib";

/** The bytes of a stream behind a decompressor of Node. */
export async function* throughTransform(source: AsyncIterable<Buffer>, transform: Gunzip): AsyncGenerator<Buffer> {
  const feeding = feed(source, transform);
  feeding.catch((error: unknown) => transform.destroy(error as Error));
  yield* transform as AsyncIterable<Buffer>;
  await feeding;
}

async function feed(source: AsyncIterable<Buffer>, transform: Gunzip): Promise<void> {
  for await (const block of source) {
    if (transform.destroyed) return;
    if (!transform.write(block))
      await new Promise((resolve) => transform.once("drain", resolve).once("close", resolve));
  }
  transform.end();
}
