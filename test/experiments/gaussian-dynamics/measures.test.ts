import { describe, expect, it } from 'vitest';
import { gaussianDynamics } from '../../../experiments/gaussian-dynamics/experiment.ts';
import { measureLine } from '../../../experiments/gaussian-dynamics/measures.ts';
import { drawItems, drawQueries, range } from '../../../experiments/shared/sphereItems.ts';
import { commutingSquare } from '../shared/commutingSquare.ts';

const shape = { count: 60, dimension: 3, range: [1, 1.1], seed: 3 } as const;

describe('a line of the dynamics', () => {
  const settings = { ...gaussianDynamics.quick, count: 60, perturbedShare: 0.5, iterations: 1, threshold: 1, seed: 3 };

  it('is one step of the closed form', async () => {
    const line = { kind: 'commuting, random', dimension: 3, beta: 0.7 } as const;
    const [start, after] = await measureLine(line, settings, {});
    expect(start).toMatchObject({ iteration: 0 });
    expect(start?.median).toBeCloseTo(1, 9);
    expect(start?.largest).toBeCloseTo(1, 9);
    const items = await drawItems({ covariances: 'commuting', ...shape }, {});
    const queries = await drawQueries(range(items, 0, 30), 1, { covariances: 'general', seed: 3 }, {});
    const distances = Array.from({ length: 30 }, (_, query) => {
      const squares = Array.from({ length: 60 }, (_, item) => commutingSquare(queries, query, items, item));
      const nearest = Math.min(...squares);
      const weights = squares.map((square) => Math.exp(0.7 * (nearest - square)));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const average = (value: (item: number) => number) =>
        weights.reduce((sum, weight, item) => sum + (weight / total) * value(item), 0);
      const means = [0, 1, 2].map((k) => average((item) => items.means[3 * item + k] as number));
      const roots = [0, 1, 2].map((k) => average((item) => Math.sqrt(items.covariances[3 * item + k] as number)));
      const state = {
        ...items,
        count: 1,
        means: Float64Array.from(means),
        covariances: Float64Array.from(roots, (s) => s * s),
      };
      return Math.sqrt(commutingSquare(state, 0, items, query));
    });
    const sorted = [...distances].sort((a, b) => a - b);
    expect(after?.mean).toBeCloseTo(distances.reduce((sum, distance) => sum + distance, 0) / 30, 9);
    expect(after?.median).toBeCloseTo(((sorted[14] as number) + (sorted[15] as number)) / 2, 9);
    expect(after?.lower).toBeCloseTo(sorted[2] as number, 9);
    expect(after?.upper).toBeCloseTo(sorted[26] as number, 9);
    expect(after?.largest).toBeCloseTo(sorted[29] as number, 9);
    expect(after?.within).toBe(distances.filter((distance) => distance <= 1).length / 30);
  });
});
