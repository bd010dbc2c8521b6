/**
 * The von Mises-Fisher oracle on itself: closed forms, differences of the losses, and identities that define what it
 * computes.
 */
import { describe, expect, it } from 'vitest';
import { expectRelative, expectWithin, largest } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { central, forward } from '../support/differences.ts';
import { PLANE, type SphereCase, sphereCases } from '../support/sphere.ts';
import {
  gradients,
  logArea,
  logDensity,
  logNormalizer,
  loss,
  meanOverlap,
  posterior,
  posteriorSums,
  predictions,
  responsibilities,
  type SphereModel,
  softenedLabels,
  sum,
  supervisedLoss,
  type Table,
  type Targets,
  unsupervisedLoss,
} from './sphere.ts';
import { columnSums, rowSums } from './sphereTraining.ts';

function changed(table: Table, row: number, column: number, by: number): number[][] {
  return table.map((values, i) => values.map((value, j) => (i === row && j === column ? value + by : value)));
}

/** Nodes and weights of Gauss and Legendre on [-1, 1], by Newton's method on the three-term recurrence. */
function gaussLegendre(count: number): { node: number; weight: number }[] {
  return Array.from({ length: count }, (_, k) => {
    let z = Math.cos((Math.PI * (k + 0.75)) / (count + 0.5));
    let derivative = 0;
    for (let step = 0; step < 20; step++) {
      let [previous, value] = [1, z];
      for (let n = 2; n <= count; n++) [previous, value] = [value, ((2 * n - 1) * z * value - (n - 1) * previous) / n];
      derivative = (count * (z * value - previous)) / (z * z - 1);
      z -= value / derivative;
    }
    return { node: z, weight: 2 / ((1 - z * z) * derivative * derivative) };
  });
}

describe('normaliser', () => {
  it('is sinh(kappa) / kappa in three dimensions', () => {
    for (const kappa of [1e-6, 0.3, 1, 7, 30, 300]) {
      const exact = kappa < 1e-3 ? kappa ** 2 / 6 : kappa + Math.log(-Math.expm1(-2 * kappa) / (2 * kappa));
      const overlap = kappa < 1e-3 ? kappa / 3 : 1 / Math.tanh(kappa) - 1 / kappa;
      // Some kappa logarithms are added up, each of about kappa: the rounding of their sum.
      const tolerance = 1e-14 * (10 + kappa);
      expectRelative(`L(${kappa})`, [logNormalizer(3, kappa)], [exact], tolerance);
      expectRelative(`A(${kappa})`, [meanOverlap(3, kappa)], [overlap], tolerance);
    }
  });

  it('is cosh on the line and the mean of exp(kappa cos) in the plane', () => {
    expectRelative('N = 1', [logNormalizer(1, 2)], [Math.log(Math.cosh(2))], 1e-14);
    const angles = Array.from({ length: 64 }, (_, k) => (Math.PI * k) / 32);
    const exact = Math.log(sum(angles.map((angle) => Math.exp(5 * Math.cos(angle)))) / 64);
    expectRelative('N = 2', [logNormalizer(2, 5)], [exact], 1e-14);
  });

  it('has the mean overlap for its derivative', () => {
    for (const [dimension, kappa] of [
      [2, 0.1],
      [5, 3],
      [64, 20],
      [784, 150],
    ] as const) {
      const slope = central((h) => logNormalizer(dimension, kappa + h), 1e-3 * kappa);
      expectRelative(`A_${dimension}`, [meanOverlap(dimension, kappa)], [slope], 1e-9);
    }
    expect([logNormalizer(5, 0), meanOverlap(5, 0)]).toEqual([0, 0]);
  });

  it('knows the areas of spheres', () => {
    const areas = [2, 2 * Math.PI, 4 * Math.PI, 2 * Math.PI ** 2, (8 / 3) * Math.PI ** 2, Math.PI ** 3];
    expectRelative(
      'areas',
      areas.map((_, at) => Math.exp(logArea(at + 1))),
      areas,
      1e-14,
    );
  });
});

describe('density', () => {
  it('has the closed form of the plane', () => {
    const log = logDensity(PLANE, [
      [0, 1],
      [1, 0],
    ]);
    // I_0(1), from tables.
    const bessel = 1.2660658777520084;
    const exact = [0.25 / bessel, 0.5 / bessel + 0.25, (0.25 * Math.E) / bessel, (0.5 * Math.E) / bessel + 0.25];
    expectRelative(
      'density',
      log.flat().map(Math.exp),
      exact.map((value) => value / (2 * Math.PI)),
      1e-14,
    );
  });

  it('integrates to the class shares at sigma = 1, on the circle', async () => {
    const circle = Array.from({ length: 512 }, (_, k) => [
      Math.cos((Math.PI * k) / 256),
      Math.sin((Math.PI * k) / 256),
    ]);
    const plane = { maxDimension: 2, betas: [0.01, 1, 6, 30], betaScales: [1] };
    await check(sphereCases(plane), 20, ({ model, classShares }) => {
      const density = logDensity(model, circle).map((row) => row.map(Math.exp));
      const integrals = columnSums(density).map((total) => (total * 2 * Math.PI) / circle.length);
      expectRelative('integral', integrals, classShares, 1e-12);
    });
  });

  it('integrates to the class shares at sigma = 1, on the sphere', async () => {
    const heights = gaussLegendre(48);
    const turns = 96;
    const nodes = heights.flatMap(({ node, weight }) =>
      Array.from({ length: turns }, (_, k) => {
        const [angle, radius] = [(2 * Math.PI * k) / turns, Math.sqrt(1 - node * node)];
        return {
          weight: (weight * 2 * Math.PI) / turns,
          at: [radius * Math.cos(angle), radius * Math.sin(angle), node],
        };
      }),
    );
    const space = { minDimension: 3, maxDimension: 3, betas: [0.01, 1, 6, 20], betaScales: [1] };
    await check(sphereCases(space), 8, ({ model, classShares }) => {
      const density = logDensity(
        model,
        nodes.map(({ at }) => at),
      );
      const integrals = classShares.map((_, y) =>
        sum(density.map((row, k) => (nodes[k]?.weight as number) * Math.exp(row[y] as number))),
      );
      expectRelative('integral', integrals, classShares, 1e-12);
    });
  });

  it('has posteriors that sum to 1 and predicts the greatest', async () => {
    await check(sphereCases(), 40, ({ model, x }) => {
      const probabilities = posterior(model, x);
      const ones = x.map(() => 1);
      expectWithin('sums', rowSums(probabilities), ones, 1e-14);
      predictions(model, x).forEach((y, n) => {
        const row = probabilities[n] as number[];
        expect(row[y]).toBe(Math.max(...row));
      });
    });
  });

  it('takes nothing from a class of weight zero', () => {
    const classWeights = PLANE.classWeights.map((row) => [...row, 0]);
    const x = [[0.6, 0.8]];
    expect(logDensity({ ...PLANE, classWeights }, x)[0]?.[2]).toBe(Number.NEGATIVE_INFINITY);
    expect(posterior({ ...PLANE, classWeights }, x)[0]?.slice(0, 2)).toEqual(posterior(PLANE, x)[0]);
    expect(unsupervisedLoss({ ...PLANE, classWeights }, x, 0)).toBe(unsupervisedLoss(PLANE, x, 0));
    const gradient = gradients({ ...PLANE, classWeights }, x, 0);
    expect(gradient.memories).toEqual(gradients(PLANE, x, 0).memories);
    expect(gradient.classWeights.map((row) => row[2])).toEqual([0, 0].map((zero) => -zero));
  });
});

describe('losses', () => {
  it('softens labels', () => {
    expectWithin(
      'q',
      softenedLabels([2, 0], 3, 0.1).flat(),
      [0.025, 0.025, 0.925, 0.025, 0.925, 0.025, 0.025, 0.025],
      1e-16,
    );
  });

  it('is -log P(x) plus the entropy of the posterior when nothing is softened (eq. 16)', async () => {
    await check(sphereCases(), 30, ({ model, x }) => {
      const logs = logDensity(model, x);
      const probabilities = posterior(model, x);
      const parts = logs.map((row, n) => {
        const entropy = -sum((probabilities[n] as number[]).map((p) => (p === 0 ? 0 : p * Math.log(p))));
        const greatest = Math.max(...row);
        return entropy - greatest - Math.log(sum(row.map((log) => Math.exp(log - greatest))));
      });
      expectWithin(
        'loss',
        [unsupervisedLoss(model, x, 0)],
        [sum(parts) / x.length],
        1e-13 * (1 + largest(logs.flat())),
      );
    });
  });

  it('is the supervised loss of even labels when softened altogether', async () => {
    await check(sphereCases(), 10, ({ model, x, classes }) => {
      const even = x.map(() => Array.from({ length: classes + 1 }, () => 1 / (classes + 1)));
      expectRelative('loss', [unsupervisedLoss(model, x, 1)], [supervisedLoss(model, x, even)], 1e-14);
    });
  });
});

/**
 * Differences of `f`, whose steps are a thousandth of what it varies over, have 1e-12 of its size by 1000 as rounding.
 */
function expectGradients({ model, x }: SphereCase, targets: Targets): void {
  const gradient = gradients(model, x, targets);
  const logs = logDensity(model, x).flat();
  const size = 1 + largest(logs) + (Math.max(...logs) - Math.min(...logs)) ** 2;
  const at = (part: Partial<SphereModel>) => loss({ ...model, ...part }, x, targets);

  const scale = model.betaScale * model.beta;
  const memoryStep = 1e-3 / (1 + scale);
  const ofMemories = model.memories.map((w, mu) =>
    w.map((_, k) => central((h) => at({ memories: changed(model.memories, mu, k, h) }), memoryStep)),
  );
  expectWithin('dL/dw', gradient.memories.flat(), ofMemories.flat(), 1e-10 * size * (1 + scale));

  // Where dL/dp = -mean q e^a / Z: the step is a thousandth of the p that would double the Z of some point.
  model.classWeights.forEach((row, gamma) => {
    row.forEach((_, y) => {
      const steepest = Math.max(...ratiosOf(model, x, gamma, y));
      const difference = forward(
        (h) => at({ classWeights: changed(model.classWeights, gamma, y, h) }),
        1e-3 / steepest,
      );
      const value = (gradient.classWeights[gamma] as number[])[y] as number;
      expectWithin(`dL/dp[${gamma}][${y}]`, [value], [difference], 1e-10 * size * steepest);
    });
  });

  const betaStep = (1e-3 * model.beta) / (1 + model.beta);
  const ofBeta = central((h) => at({ beta: model.beta + h }), betaStep);
  expectWithin('dL/dbeta', [gradient.beta], [ofBeta], (1e-14 * size) / betaStep + 1e-10 * size);
}

/** e^(a_ngamma) / Z_ny of every point: the share that a responsibility of 1 in class y alone gives, per weight. */
function ratiosOf(model: SphereModel, x: Table, gamma: number, y: number): number[] {
  const only = x.map(() => (model.classWeights[0] as readonly number[]).map((_, k) => (k === y ? 1 : 0)));
  const weight = (model.classWeights[gamma] as readonly number[])[y] as number;
  return responsibilities(model, x, only).map((row) => (row[gamma] as number) / weight);
}

describe('gradients', () => {
  it('of the supervised loss are its differences', async () => {
    await check(sphereCases({ maxDimension: 6, maxPoints: 5 }), 40, (of) => expectGradients(of, of.q));
  });

  it.each([0, 0.01, 0.5, 1])('of the unsupervised loss softened by %f are its differences', async (e) => {
    await check(sphereCases({ maxDimension: 6, maxPoints: 5 }), 15, (of) => expectGradients(of, e));
  });

  it('are sums over the points of eq. 6', async () => {
    await check(sphereCases(), 20, ({ model, x, q }) => {
      const sums = posteriorSums(model, x, q);
      const gradient = gradients(model, x, q);
      const factor = -model.betaScale * model.beta;
      const ofMemories = sums.memories.flat().map((value) => (factor * value) / x.length);
      expectWithin('dL/dw', gradient.memories.flat(), ofMemories, 1e-14 * largest(ofMemories));
      // Every point has a mass of 1, which it shares out: to the classes as q says, whatever the model.
      expectWithin('mass', columnSums(sums.classWeights), columnSums(q), 1e-13 * x.length);
      const masses = model.classWeights.flatMap((row, gamma) =>
        row.map((p, y) => -p * ((gradient.classWeights[gamma] as number[])[y] as number) * x.length),
      );
      expectWithin('pbar', sums.classWeights.flat(), masses, 1e-13 * x.length);
    });
  });
});
