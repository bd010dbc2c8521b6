import type { Vectors } from '../../lib/core/types.ts';
import { type Extended, toNumber } from './extended.ts';
import { squaredDifference } from './gaussian.ts';
import { energyOf, gibbsWeights } from './gibbs.ts';

/** What `retrieve` of one query returns; every field describes `state`. */
export interface ReferenceVectorRetrieval {
  readonly state: Float64Array;
  readonly trajectory: readonly Float64Array[];
  readonly iterations: number;
  readonly stepLength: number;
  readonly energy: number;
  readonly nearest: number;
  readonly nearestDistance: number;
}

export function vectorAt(batch: Vectors, index: number): Float64Array {
  return Float64Array.from(batch.values.subarray(index * batch.dimension, (index + 1) * batch.dimension));
}

/** The classical memory: D_i = |x_i - q|^2, Phi(q) = sum_i w_i x_i. */
export class ReferenceEuclideanMemory {
  readonly items: readonly Float64Array[];

  constructor(items: Vectors) {
    this.items = Array.from({ length: items.count }, (_, index) => vectorAt(items, index));
  }

  distances(query: Float64Array): Extended[] {
    return this.items.map((item) => squaredDifference(item, query));
  }

  weights(query: Float64Array, beta: number): Float64Array {
    return gibbsWeights(this.distances(query), beta);
  }

  energy(query: Float64Array, beta: number): number {
    return energyOf(this.distances(query), beta);
  }

  step(query: Float64Array, beta: number): Float64Array {
    const weights = this.weights(query, beta);
    return query.map((_, k) =>
      this.items.reduce((sum, item, i) => sum + (weights[i] as number) * (item[k] as number), 0),
    );
  }

  retrieve(query: Float64Array, beta: number, tolerance: number, maxIterations: number): ReferenceVectorRetrieval {
    const trajectory = [query];
    for (let state = query; ; ) {
      const next = this.step(state, beta);
      const stepLength = Math.sqrt(toNumber(squaredDifference(state, next)));
      const iterations = trajectory.length - 1;
      if (stepLength <= tolerance || iterations === maxIterations) {
        const distances = this.distances(state).map(toNumber);
        const nearestDistance = Math.min(...distances);
        const nearest = distances.indexOf(nearestDistance);
        const energy = this.energy(state, beta);
        return { state, trajectory, iterations, stepLength, energy, nearest, nearestDistance };
      }
      state = next;
      trajectory.push(next);
    }
  }
}
