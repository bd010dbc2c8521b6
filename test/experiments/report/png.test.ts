import { inflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { encodePng } from '../../../experiments/report/png.ts';
import { chunks } from './pngReader.ts';

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
