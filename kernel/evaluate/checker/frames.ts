/** Takes the bytes of a pipe as they come and hands on what they carry; see `encodeFrame`. */
export function createFrameReader(take: (message: unknown) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let size = 0;
  let needed = 4;
  return (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size < needed) return;
    let bytes = Buffer.concat(chunks);
    for (;;) {
      needed = bytes.length < 4 ? 4 : 4 + bytes.readUInt32LE();
      if (bytes.length < needed) break;
      take(JSON.parse(bytes.toString("utf8", 4, needed)));
      bytes = bytes.subarray(needed);
    }
    chunks = [bytes];
    size = bytes.length;
  };
}
