import { describe, expect, it } from 'vitest';
import { vmfPatches } from '../../../experiments/vmf-patches/experiment.ts';
import { classOverlaps, softLabels } from '../../../experiments/vmf-patches/latentClasses.ts';
import { withoutBlanks } from '../../../experiments/vmf-patches/measures.ts';
import { MemoryParts } from '../parts.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

describe('soft labels', () => {
  it('are those of each memory, without the background', () => {
    const data = Float64Array.of(0.2, 0, 0, 0.05, 0.3, 0.05, 0.2, 0.2, 0);
    const { classes, greatest, entropies, dominant } = softLabels({ rows: 3, columns: 3, data });
    expect(classes).toEqual([1, 0]);
    expect(greatest).toEqual([0.75, 0.5].map((share) => expect.closeTo(share, 12)));
    // log 8 - (3/4) log 6 and log 2.
    expect(entropies).toEqual([Math.log(8) - 0.75 * Math.log(6), Math.log(2)].map((h) => expect.closeTo(h, 12)));
    expect(dominant).toBe(0);
  });
});

describe('overlaps of memories', () => {
  /** Two bundles of four, each about an axis of its own. */
  const angles = [0, 0.1, 0.2, 0.3].flatMap((angle) => [angle, angle + Math.PI / 2]);
  const memories = Float64Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
  const model = { memories, dimension: 2, hiddenUnits: 8 };

  it('within and between classes are the means of pairs', async () => {
    const classes = [1, 2, 1, 2, 1, 2, 1, 2];
    const found = await classOverlaps(model, classes, 999, 1);
    const pairs = angles.flatMap((a, i) =>
      angles.slice(0, i).map((b, j) => [i % 2 === j % 2, Math.cos(a - b)] as const),
    );
    const mean = (same: boolean) => {
      const own = pairs.filter(([is]) => is === same).map(([, overlap]) => overlap);
      return own.reduce((sum, overlap) => sum + overlap, 0) / own.length;
    };
    expect(found?.within).toBeCloseTo(mean(true), 12);
    expect(found?.between).toBeCloseTo(mean(false), 12);
    // Two of 70 ways to choose four of eight have this partition: 1/35 of the permutations, to four standard
    // deviations.
    expect(Math.abs((found?.pValue ?? 0) - 1 / 35)).toBeLessThan(4 * Math.sqrt(1 / 35 / 999));
    expect(found?.greatestAtRandom).toBeCloseTo(found?.difference ?? 0, 12);
  });

  it('of classes that cut through the bundles are no greater than by chance', async () => {
    const found = await classOverlaps(model, [1, 1, 1, 1, 2, 2, 2, 2], 999, 1);
    expect(found?.pValue).toBeGreaterThan(0.1);
  });

  it('cannot be compared where there is one class only, or none has two', async () => {
    expect(await classOverlaps(model, new Array(8).fill(3), 9, 1)).toBeNull();
    expect(await classOverlaps(model, [1, 2, 3, 4, 5, 6, 7, 8], 9, 1)).toBeNull();
  });

  it('are no longer dealt out once that is stopped', async () => {
    const controller = new AbortController();
    const dealing = classOverlaps(model, [1, 2, 1, 2, 1, 2, 1, 2], 1e9, 1, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(dealing).rejects.toThrow('enough');
  });
});

it('blank rows are left out, the others stay in order', () => {
  const values = Float32Array.of(0, 0, 1, 0, 0, 0, 0, 1, 0, 0);
  expect(withoutBlanks({ count: 5, dimension: 2, values })).toEqual({
    count: 2,
    dimension: 2,
    values: Float32Array.of(1, 0, 0, 1),
  });
  expect(values[0]).toBe(0);
});

it.each([
  [{ images: -1 }, 'settings.images'],
  [{ patchSize: 1 }, 'settings.patchSize'],
  [{ patchSize: 29 }, 'settings.patchSize'],
  [{ stride: 0 }, 'settings.stride'],
  [{ blanks: [] }, 'settings.blanks'],
  [{ blanks: ['kept', 'kept'] }, 'settings.blanks[1]'],
  [{ blanks: ['painted'] }, 'settings.blanks[0]'],
  [{ hiddenUnits: 1 }, 'settings.hiddenUnits'],
  [{ images: 1, hiddenUnits: 145, blanks: ['kept'] }, 'settings.hiddenUnits'],
  [{ classes: 0 }, 'settings.classes'],
  [{ betaScale: 0 }, 'settings.betaScale'],
  [{ betaFrom: -1 }, 'settings.betaFrom'],
  [{ posteriorSoftening: 1.5 }, 'settings.posteriorSoftening'],
  [{ batchSize: 0 }, 'settings.batchSize'],
  [{ epochs: 0.5 }, 'settings.epochs'],
  [{ permutations: 0 }, 'settings.permutations'],
  [{ permutations: 1e9 }, 'settings.permutations'],
])('refuses %o', async (wrong, name) => {
  const run = vmfPatches.run({ ...vmfPatches.quick, ...wrong } as never, { parts: new MemoryParts() });
  await expect(run).rejects.toMatchObject({ code: 'ERR_RANGE', message: expect.stringContaining(name) });
});

describeWholeRuns(vmfPatches, ['not published', 'not published', 'not published', 'not published', 'undetermined']);
