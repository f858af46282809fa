import { createDecipheriv, type DecipherGCM } from "node:crypto";
import type { ByteSource } from "../../core/bytes.js";
import { CheckpointError, type FormatError } from "../../core/error.js";
import { ckptInvalid } from "./header.js";

/**
 * Encrypted `.ckpt`: the plain bytes in blocks of at most 64 MiB, each as magic (u32), for GCM a tag of 16 bytes,
 * length of what follows,
 * length of the IV (16), IV, length of the cipher text, cipher text; numbers are u32 little-endian. GCM uses the first
 * 12 bytes of the IV.
 */
const magics = new Map([
  [0x7f3a5ed8, "gcm"],
  [0x7f3a5ed9, "aes-cbc"],
  [0x7f3a5eda, "sm4-cbc"],
] as const);

type Mode = "gcm" | "aes-cbc" | "sm4-cbc";
const maximumBlock = 64 * 1024 * 1024 + 16;

interface Block {
  readonly mode: Mode;
  readonly tag: Uint8Array;
  readonly iv: Uint8Array;
  /** Place of the cipher text in the file. */
  readonly start: number;
  readonly cipherBytes: number;
  readonly plainStart: number;
  readonly plainBytes: number;
}

/** True if the file begins as an encrypted checkpoint. */
export async function isEncryptedCkpt(source: ByteSource): Promise<boolean> {
  if (source.byteLength < 4) return false;
  const bytes = await source.slice(0, 4);
  return modeOf(new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)) !== undefined;
}

function modeOf(magic: number): Mode | undefined {
  return (magics as ReadonlyMap<number, Mode>).get(magic);
}

/**
 * The plain bytes of an encrypted checkpoint as a source; blocks are decrypted when they are read, and the last one is
 * kept.
 * `key`: 16, 24, or 32 bytes, as text (UTF-8) or bytes.
 * @throws CheckpointError CKPT_KEY_WRONG if the key has another length or does not fit; FormatError CKPT_INVALID if
 * the frames are damaged.
 */
export async function decryptedCkpt(source: ByteSource, key: string | Uint8Array): Promise<ByteSource> {
  const bytes = typeof key === "string" ? Buffer.from(key) : key;
  if (![16, 24, 32].includes(bytes.byteLength)) {
    throw wrongKey(source, `expected a key of 16, 24, or 32 bytes, found ${bytes.byteLength}`);
  }
  const blocks: Block[] = [];
  let plainStart = 0;
  for (let position = 0; position < source.byteLength; ) {
    const block = await readBlock(source, position, { key: bytes, plainStart });
    blocks.push(block);
    plainStart += block.plainBytes;
    position = block.start + block.cipherBytes;
  }
  return plainSource(source, blocks, bytes);
}

async function readBlock(
  source: ByteSource,
  position: number,
  { key, plainStart }: { readonly key: Uint8Array; readonly plainStart: number },
): Promise<Block> {
  const head = await source.slice(position, Math.min(source.byteLength, position + 48));
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const fail = (at: number, what: string): FormatError =>
    ckptInvalid(source, position + at, `encrypted block: ${what}`);
  if (head.byteLength < 32) throw fail(0, `expected at least 32 bytes, found ${head.byteLength}`);
  const mode = modeOf(view.getUint32(0, true));
  if (mode === undefined) throw fail(0, `expected the magic of a block, found ${view.getUint32(0, true)}`);
  const at = mode === "gcm" ? 20 : 4;
  const [length, ivBytes] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
  if (ivBytes !== 16 || head.byteLength < at + 28) throw fail(at + 4, `expected an IV of 16 bytes, found ${ivBytes}`);
  const cipherBytes = view.getUint32(at + 24, true);
  const start = position + at + 28;
  if (length !== 24 + cipherBytes) throw fail(at, `expected 24 + ${cipherBytes} bytes, found ${length}`);
  if (cipherBytes > maximumBlock || cipherBytes > source.byteLength - start || cipherBytes === 0) {
    const room = Math.min(maximumBlock, source.byteLength - start);
    throw fail(at + 24, `expected 1 to ${room} bytes of cipher text, found ${cipherBytes}`);
  }
  const frame = { mode, tag: head.slice(4, 20), iv: head.slice(at + 8, at + 24), start, cipherBytes, plainStart };
  const padding = mode === "gcm" ? 0 : await paddingOf(source, frame, key);
  return { ...frame, plainBytes: cipherBytes - padding };
}

/** PKCS#7 padding, from the last cipher block alone: in CBC mode the block before is its IV. */
async function paddingOf(source: ByteSource, frame: Omit<Block, "plainBytes">, key: Uint8Array): Promise<number> {
  const { start, cipherBytes, iv, mode } = frame;
  const end = start + cipherBytes;
  if (cipherBytes % 16 !== 0) throw ckptInvalid(source, start, "expected cipher text in blocks of 16 bytes");
  const before = cipherBytes === 16 ? iv : await source.slice(end - 32, end - 16);
  const last = cbc(mode, key, before).update(await source.slice(end - 16, end));
  const padding = last.at(-1) ?? 0;
  if (padding < 1 || padding > 16 || last.subarray(16 - padding).some((byte) => byte !== padding)) {
    throw wrongKey(source, "expected the key that the file was saved with, found another one");
  }
  return padding;
}

function cbc(mode: Mode, key: Uint8Array, iv: Uint8Array) {
  if (mode === "sm4-cbc" && key.byteLength !== 16) throw new RangeError("SM4 takes a key of 16 bytes");
  const cipher = createDecipheriv(mode === "sm4-cbc" ? "sm4-cbc" : `aes-${8 * key.byteLength}-cbc`, key, iv);
  return cipher.setAutoPadding(false);
}

function plainSource(source: ByteSource, blocks: readonly Block[], key: Uint8Array): ByteSource {
  const last = blocks.at(-1);
  let kept: { readonly block: Block; readonly plain: Uint8Array } | undefined;
  const plainOf = async (block: Block) => {
    if (kept?.block !== block) kept = { block, plain: await decryptBlock(source, block, key) };
    return kept.plain;
  };
  return {
    name: source.name,
    byteLength: last ? last.plainStart + last.plainBytes : 0,
    async slice(start, end) {
      const size = last ? last.plainStart + last.plainBytes : 0;
      if (start < 0 || end < start || end > size) throw new RangeError(`${source.name}: bytes ${start} to ${end}`);
      const parts: Uint8Array[] = [];
      for (const block of blocks) {
        const from = Math.max(start, block.plainStart);
        const to = Math.min(end, block.plainStart + block.plainBytes);
        if (from < to) parts.push((await plainOf(block)).subarray(from - block.plainStart, to - block.plainStart));
      }
      return parts.length === 1 ? (parts[0] as Uint8Array) : Uint8Array.from(Buffer.concat(parts));
    },
  };
}

async function decryptBlock(source: ByteSource, block: Block, key: Uint8Array): Promise<Uint8Array> {
  const cipher = await source.slice(block.start, block.start + block.cipherBytes);
  if (block.mode !== "gcm") return cbc(block.mode, key, block.iv).update(cipher).subarray(0, block.plainBytes);
  const name = `aes-${8 * key.byteLength}-gcm`;
  const decipher = createDecipheriv(name, key, block.iv.subarray(0, 12)) as DecipherGCM;
  decipher.setAuthTag(block.tag);
  const plain = decipher.update(cipher);
  try {
    decipher.final();
  } catch {
    const found = "expected the key that the file was saved with and undamaged bytes, found a tag that does not match";
    throw wrongKey(source, found);
  }
  return plain;
}

function wrongKey(source: ByteSource, what: string): CheckpointError {
  return new CheckpointError("CKPT_KEY_WRONG", `${source.name}: encrypted checkpoint: ${what}`, {
    hint: "openCheckpoint(path, { key }) with enc_key of save_checkpoint (16, 24, or 32 bytes)",
    details: { file: source.name },
  });
}
