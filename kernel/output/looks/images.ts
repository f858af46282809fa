import type { MimeBundle } from "../../../src/view/display-contract.js";

/** What bytes are if they are an image that every front end can show. */
export interface ImageBytes {
  readonly type: "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/svg+xml";
  /** Pixels, for PNG and GIF, whose header begins with them. */
  readonly size?: { readonly width: number; readonly height: number };
}

const signatures: readonly [ImageBytes["type"], ...number[]][] = [
  ["image/png", 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  ["image/jpeg", 0xff, 0xd8, 0xff],
  ["image/gif", 0x47, 0x49, 0x46, 0x38],
];

/** Recognizes an image by its first bytes (for SVG: by its first tag); undefined for other bytes. */
export function imageOf(bytes: Uint8Array): ImageBytes | undefined {
  const type = signatures.find(([, ...start]) => start.every((byte, at) => bytes[at] === byte))?.[0];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === "image/png" && bytes.length >= 24)
    return { type, size: { width: view.getUint32(16), height: view.getUint32(20) } };
  if (type === "image/gif" && bytes.length >= 10)
    return { type, size: { width: view.getUint16(6, true), height: view.getUint16(8, true) } };
  if (type !== undefined) return { type };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString("latin1");
  if (/^RIFF[\s\S]{4}WEBP/.test(text)) return { type: "image/webp" };
  return isSvg(text) ? { type: "image/svg+xml" } : undefined;
}

/** True for text whose first tag, after an XML declaration, comments, and a document type, is `<svg`. */
export function isSvg(text: string): boolean {
  return /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*(?:<!DOCTYPE[^>]*>\s*)?<svg[\s>]/i.test(text.slice(0, 1024));
}

/** The bundle of bytes that are an image; undefined for others. */
export function imageBundle(bytes: Uint8Array): MimeBundle | undefined {
  const image = imageOf(bytes);
  if (image === undefined) return undefined;
  const { type, size } = image;
  const kind = type.slice("image/".length).replace("+xml", "").toUpperCase();
  const text = `[${kind} image${size === undefined ? "" : `, ${size.width} × ${size.height}`}, ${bytes.length} bytes]`;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { [type]: type === "image/svg+xml" ? buffer.toString() : bytes, "text/plain": text };
}
