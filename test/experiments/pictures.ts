import { TestRandom } from '../support/random.ts';

/** Smooth random pictures, a byte a pixel: a few bright blobs each on a dark ground. */
export function blobs(count: number, side: number, seed: number): { shape: number[]; data: Uint8Array } {
  const random = new TestRandom(seed);
  const data = new Uint8Array(count * side * side);
  for (let n = 0; n < count; n++) {
    const centres = Array.from({ length: 3 }, () => [random.uniform() * side, random.uniform() * side]);
    for (let pixel = 0; pixel < side * side; pixel++) {
      const [x, y] = [pixel % side, Math.floor(pixel / side)];
      const light = centres.reduce((sum, [a = 0, b = 0]) => sum + Math.exp(-((x - a) ** 2 + (y - b) ** 2) / 9), 0);
      data[n * side * side + pixel] = Math.round(255 * Math.min(1, light));
    }
  }
  return { shape: [count, side, side], data };
}

/** An IDX file of unsigned bytes. */
export function idxBytes({ shape, data }: { shape: number[]; data: Uint8Array }): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * axis);
  return Buffer.concat([header, data]);
}
