import { describe, expect, it } from 'vitest';
import { memoryKinds, recallFile } from '../../../experiments/demo/measures.ts';
import { type DemoSettings, defaultDemoSettings } from '../../../experiments/demo/settings.ts';
import { gallery } from '../../../experiments/demo/tables.ts';
import { drawSample, maskKinds } from '../../../experiments/shared/images/imageSample.ts';
import { blobs } from '../pictures.ts';

const file = blobs(60, 16, 1);
const settings: DemoSettings = {
  ...defaultDemoSettings,
  items: 40,
  queries: 10,
  blockSide: 5,
  // The last is as good as infinite.
  scaledBetas: [1, 8, 1e6],
  shown: 3,
};

describe('the recall of the demo', () => {
  it('measures every memory under both masks, and tends to the nearest-item limit', async () => {
    const result = await recallFile(file, settings);
    for (const memory of memoryKinds) {
      for (const mask of maskKinds) {
        const { points, limit, recalled } = result.curves[memory][mask];
        expect(points.map(({ scaledBeta }) => scaledBeta)).toEqual(settings.scaledBetas);
        expect(points.at(-1)).toMatchObject({ right: limit, settled: limit, converged: 1 });
        expect(recalled).toHaveLength(10);
      }
      // So few pixels missing from pictures so different leave no doubt.
      expect(result.curves[memory].random.limit).toBe(1);
    }
    expect(result.limits.map(({ memory, scale }) => [memory, scale])).toEqual([
      ...['raw', 'standardised', 'whitened'].flatMap((scale) => [
        ['gaussian', scale],
        ['euclidean', scale],
      ]),
      ['pixels', undefined],
    ]);
    const { columns, images } = gallery(result, 'random', settings);
    expect(images).toHaveLength(3 * columns);
    for (const row of [0, 1, 2]) expect(images[row * columns + 2]?.pixels).toEqual(images[row * columns]?.pixels);
  });

  it('gives the same for the same seed, and something else for another', async () => {
    const first = await recallFile(file, { ...settings, seed: 5 });
    expect(await recallFile(file, { ...settings, seed: 5 })).toEqual(first);
    const other = await recallFile(file, { ...settings, seed: 6 });
    expect(gallery(other, 'random', settings)).not.toEqual(gallery(first, 'random', settings));
  });

  it('reports progress that never falls and ends at the whole', async () => {
    const shares: number[] = [];
    await recallFile(file, settings, { onProgress: ({ share }) => shares.push(share) });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1, 9);
  });

  it('stops when aborted, with the reason of the signal', async () => {
    const reason = new Error('enough');
    const aborted = recallFile(file, settings, { signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toBe(reason);
    const controller = new AbortController();
    const onProgress = ({ share }: { share: number }) => share > 0.3 && controller.abort(reason);
    await expect(recallFile(file, settings, { signal: controller.signal, onProgress })).rejects.toBe(reason);
  });

  it.each([
    [{ items: 61 }, 'items', 61],
    [{ items: 1 }, 'items', 1],
    [{ queries: 41 }, 'queries', 41],
    [{ seed: -1 }, 'seed', -1],
    [{ seed: 0.5 }, 'seed', 0.5],
  ])('refuses the settings %o by name', async (change, name, value) => {
    const refused = expect(recallFile(file, { ...settings, ...change })).rejects;
    await refused.toMatchObject({
      code: 'ERR_RANGE',
      message: expect.stringContaining(`for settings.${name} but received ${value}`),
    });
  });

  it('refuses what is not a stack of images', async () => {
    const labels = { shape: [60], data: new Uint8Array(60) };
    await expect(recallFile(labels, settings)).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  });
});

it('limits count all items, so with all of them as queries they are those of the curves', async () => {
  const result = await recallFile(file, { ...settings, queries: settings.items, scaledBetas: [32, 64] });
  for (const { memory, scale, limits } of result.limits) {
    if (scale !== undefined && scale !== settings.scale) continue;
    for (const mask of maskKinds) expect(limits[mask]).toBe(result.curves[memory][mask].limit);
  }
});

it('the sample keeps its items, masks and first queries when more queries are asked for', () => {
  const few = drawSample(file, settings);
  const many = drawSample(file, { ...settings, queries: 20 });
  expect(many).toEqual(few);
  expect(new Set(few.indices).size).toBe(40);
  expect(new Set(few.targets).size).toBe(40);
});
