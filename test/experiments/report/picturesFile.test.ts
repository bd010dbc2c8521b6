import { expect, it } from 'vitest';
import { picturesPng } from '../../../experiments/report/picturesFile.ts';
import { decodePng } from './pngReader.ts';

it('lays pictures out in their grid, enlarged, with white between them', () => {
  const images = [10, 20, 30].map((value) => ({
    pixels: [value, value + 1, value + 2, value + 3, value + 4, value + 5],
  }));
  const pictures = { name: 'p', title: '', description: '', width: 3, height: 2, columns: 2, images };
  const { width, height, rgb } = decodePng(picturesPng(pictures));
  // Each is 28 times as large: 84 x 56 pixels, with 4 between and around them.
  expect([width, height]).toEqual([2 * 84 + 3 * 4, 2 * 56 + 3 * 4]);
  const at = (x: number, y: number) => Array.from(rgb.subarray(3 * (y * width + x), 3 * (y * width + x) + 3));
  expect(at(4, 4)).toEqual([10, 10, 10]);
  expect(at(4 + 83, 4 + 55)).toEqual([15, 15, 15]);
  expect(at(4 + 28, 4 + 27)).toEqual([11, 11, 11]);
  expect(at(4 + 84 + 4, 4)).toEqual([20, 20, 20]);
  expect(at(4, 4 + 56 + 4)).toEqual([30, 30, 30]);
  expect([at(0, 0), at(4 + 84, 4), at(width - 5, height - 5)]).toEqual(Array(3).fill([255, 255, 255]));
});

it('paints missing pixels in a colour of their own', () => {
  const images = [{ pixels: [10, 20], mask: [1, 0] }];
  const pictures = { name: 'p', title: '', description: '', width: 2, height: 1, columns: 1, images };
  const { rgb } = decodePng(picturesPng(pictures));
  const colours = new Set(Array.from({ length: rgb.length / 3 }, (_, at) => rgb.subarray(3 * at, 3 * at + 3).join()));
  expect(colours).toEqual(new Set(['255,255,255', '10,10,10', '184,58,123']));
});
