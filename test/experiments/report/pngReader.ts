import { crc32, inflateSync } from 'node:zlib';
import { expect } from 'vitest';

/** The chunks of a PNG file, each with its checksum proved. */
export function chunks(png: Buffer): { type: string; data: Buffer }[] {
  const found = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(png.subarray(at + 4, at + 8 + length)));
    found.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return found;
}

/** The pixels of a PNG file as this package writes them: three bytes a pixel, no filters. */
export function decodePng(png: Uint8Array): { width: number; height: number; rgb: Uint8Array } {
  const [header, data] = chunks(Buffer.from(png)).map((chunk) => chunk.data) as [Buffer, Buffer];
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const rows = inflateSync(data);
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    expect(rows[y * (1 + 3 * width)]).toBe(0);
    rgb.set(rows.subarray(y * (1 + 3 * width) + 1, (y + 1) * (1 + 3 * width)), 3 * width * y);
  }
  return { width, height, rgb };
}
