import type { Gaussians } from '../../lib/core/types.ts';
import { add, divide, type Extended, multiply, squareRoot, toNumber, twoSum, ZERO } from './extended.ts';
import { squaredDifference } from './gaussian.ts';
import { energyOf, gibbsWeights } from './gibbs.ts';

/** A mean and d variances: a diagonal Gaussian. */
export interface FlatGaussian {
  readonly mean: Float64Array;
  readonly variances: Float64Array;
}

/** One Gaussian of a diagonal or isotropic batch. */
export function flatAt({ dimension: d, structure, means, covariances }: Gaussians, index: number): FlatGaussian {
  return {
    mean: Float64Array.from(means.subarray(index * d, (index + 1) * d)),
    variances: Float64Array.from({ length: d }, (_, k) =>
      Number(covariances[structure === 'diagonal' ? index * d + k : index]),
    ),
  };
}

/** (sqrt a - sqrt b)^2 as ((a - b) / (sqrt a + sqrt b))^2: no digits cancel. */
function squaredRootDifference(a: number, b: number): Extended {
  if (a === b) return ZERO;
  const roots = add(squareRoot([a, 0]), squareRoot([b, 0]));
  const difference = divide(twoSum(a, -b), roots);
  return multiply(difference, difference);
}

/** Squared W2 of Gaussians with diagonal covariances. */
export function flatDistance(a: FlatGaussian, b: FlatGaussian): Extended {
  return a.variances.reduce(
    (sum, variance, k) => add(sum, squaredRootDifference(variance, b.variances[k] as number)),
    squaredDifference(a.mean, b.mean),
  );
}

/** The memory of diagonal Gaussians: in means and roots of variances it is the classical one (science 1.2). */
export class ReferenceFlatMemory {
  readonly items: readonly FlatGaussian[];

  constructor(items: Gaussians) {
    this.items = Array.from({ length: items.count }, (_, index) => flatAt(items, index));
  }

  distances(query: FlatGaussian): Extended[] {
    return this.items.map((item) => flatDistance(item, query));
  }

  weights(query: FlatGaussian, beta: number): Float64Array {
    return gibbsWeights(this.distances(query), beta);
  }

  energy(query: FlatGaussian, beta: number): number {
    return energyOf(this.distances(query), beta);
  }

  step(query: FlatGaussian, beta: number): FlatGaussian {
    const weights = this.weights(query, beta);
    const mix = (of: (item: FlatGaussian) => number): Extended =>
      this.items.reduce<Extended>((sum, item, i) => add(sum, [(weights[i] as number) * of(item), 0]), ZERO);
    return {
      mean: query.mean.map((_, k) => toNumber(mix((item) => item.mean[k] as number))),
      variances: query.variances.map((_, k) => {
        const root = mix((item) => Math.sqrt(item.variances[k] as number));
        return toNumber(multiply(root, root));
      }),
    };
  }
}
