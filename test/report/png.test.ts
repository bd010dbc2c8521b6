import { crc32, inflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { encodePng } from '../../lib/report/png.ts';

/** The chunks of a PNG file, each with its checksum proved. */
function chunks(png: Buffer): { type: string; data: Buffer }[] {
  const found = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(png.subarray(at + 4, at + 8 + length)));
    found.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return found;
}

it('writes PNG files that hold the pixels', () => {
  const rgb = Uint8Array.from({ length: 18 }, (_, at) => 10 * at);
  const png = encodePng(3, 2, rgb);
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  const found = chunks(png);
  expect(found.map(({ type }) => type)).toEqual(['IHDR', 'IDAT', 'IEND']);
  const [header, data] = found.map(({ data }) => data);
  expect([...(header ?? [])]).toEqual([0, 0, 0, 3, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
  expect([...inflateSync(data ?? '')]).toEqual([0, ...rgb.subarray(0, 9), 0, ...rgb.subarray(9)]);
});
