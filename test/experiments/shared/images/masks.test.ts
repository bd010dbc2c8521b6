import { describe, expect, it } from 'vitest';
import { applyMask, blockMask, fullMask, randomMask } from '../../../../experiments/shared/images/masks.ts';
import { Random } from '../../../../lib/core/random.ts';

const size = { height: 20, width: 30 };
const missing = (mask: Uint8Array) => [...mask.keys()].filter((pixel) => mask[pixel] === 0);

describe('masks', () => {
  it('hide exactly the share asked for', () => {
    expect(missing(randomMask(size, 0.2, new Random(1)))).toHaveLength(120);
    expect(missing(randomMask(size, 0, new Random(1)))).toHaveLength(0);
  });

  it('hide a square block that lies within the image, in every corner sooner or later', () => {
    const random = new Random(2);
    const corners = new Set<number>();
    for (let draw = 0; draw < 2000; draw++) {
      const pixels = missing(blockMask(size, 12, random));
      const rows = pixels.map((pixel) => Math.floor(pixel / size.width));
      const columns = pixels.map((pixel) => pixel % size.width);
      expect(pixels).toHaveLength(144);
      expect(Math.max(...rows) - Math.min(...rows)).toBe(11);
      expect(Math.max(...columns) - Math.min(...columns)).toBe(11);
      corners.add(Math.min(...pixels));
    }
    // Top left corners of the block: 9 rows by 19 columns.
    expect(corners.size).toBe(9 * 19);
  });

  it('cut a block that is larger than the image', () => {
    expect(missing(blockMask({ height: 3, width: 5 }, 4, new Random(3)))).toHaveLength(12);
  });

  it('are the same for the same seed', () => {
    expect(randomMask(size, 0.2, new Random(4))).toEqual(randomMask(size, 0.2, new Random(4)));
    expect(randomMask(size, 0.2, new Random(4))).not.toEqual(randomMask(size, 0.2, new Random(5)));
  });

  it('turn missing pixels black', () => {
    const image = Float64Array.of(0.5, 0.25);
    expect(applyMask(image, Uint8Array.of(1, 0))).toEqual(Float64Array.of(0.5, 0));
    expect(applyMask(image, fullMask({ height: 1, width: 2 }))).toEqual(image);
  });
});
