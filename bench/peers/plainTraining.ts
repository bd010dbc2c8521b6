import { vonMisesFisherLogNormalizer, vonMisesFisherMeanResultantLength } from '../../lib/index.ts';
import type { Training } from '../training.ts';

/** The two matrix products of a step; all matrices are row-major. */
export interface Products {
  /** rows x units, from x (rows x dimension) and the memories (units x dimension). */
  readonly scores: (x: Float32Array, memories: Float32Array, dimension: number) => Float32Array;
  /** units x dimension: rows of x summed for each memory, weighted by its column of `weights` (rows x units). */
  readonly sums: (weights: Float32Array, x: Float32Array, dimension: number) => Float32Array;
}

/** As loops on typed arrays, in the order of memory. */
export const loops: Products = {
  scores(x, memories, d) {
    const [rows, units] = [x.length / d, memories.length / d];
    const scores = new Float32Array(rows * units);
    for (let n = 0; n < rows; n++) {
      for (let mu = 0; mu < units; mu++) {
        let overlap = 0;
        for (let j = 0; j < d; j++) overlap += (x[n * d + j] as number) * (memories[mu * d + j] as number);
        scores[n * units + mu] = overlap;
      }
    }
    return scores;
  },
  sums(weights, x, d) {
    const rows = x.length / d;
    const units = weights.length / rows;
    const sums = new Float32Array(units * d);
    for (let n = 0; n < rows; n++) {
      for (let mu = 0; mu < units; mu++) {
        const weight = weights[n * units + mu] as number;
        for (let j = 0; j < d; j++) (sums[mu * d + j] as number) += weight * (x[n * d + j] as number);
      }
    }
    return sums;
  },
};

/** Sweeps of Sinkhorn and Knopp after a step. */
const sweeps = 10;

/** The training as a careful author writes it on typed arrays. */
export class PlainTraining {
  readonly #training: Training;
  readonly #products: Products;
  readonly #memories: Float32Array;
  readonly #memoryVelocities: Float32Array;
  readonly #classWeights: Float64Array;
  readonly #classVelocities: Float64Array;
  #beta: number;
  #betaVelocity = 0;
  #next = 0;

  constructor(training: Training, products: Products) {
    const { memories, classWeights, beta } = training.start;
    this.#training = training;
    this.#products = products;
    this.#memories = Float32Array.from(memories);
    this.#memoryVelocities = new Float32Array(memories.length);
    this.#classWeights = classWeights.slice();
    this.#classVelocities = new Float64Array(classWeights.length);
    this.#beta = beta;
  }

  /** One step on the next batch; returns its loss, without the constant log Omega_N(0). */
  step(): number {
    const { digits, settings } = this.#training;
    const { dimension: d } = digits;
    const first = this.#next;
    this.#next = (first + settings.batchSize) % digits.count;
    const x = digits.values.subarray(first * d, (first + settings.batchSize) * d);
    const labels = digits.labels.subarray(first, first + settings.batchSize);
    const scores = this.#products.scores(x, this.#memories, d);
    const { loss, mass, classSums } = this.#respond(scores, labels);
    const sums = this.#products.sums(scores, x, d);
    const pulled = this.#descendMemories(sums);
    this.#descendClasses(classSums);
    this.#descendBeta(pulled, mass);
    return loss;
  }

  /**
   * Turns scores into responsibilities and sums what else the gradients need: all responsibilities, and exponentials of
   * units by class (the first row is the background's).
   */
  #respond(scores: Float32Array, labels: Int32Array): { loss: number; mass: number; classSums: Float64Array } {
    const { settings, start, digits } = this.#training;
    const { labels: classes, hiddenUnits: units } = start;
    const p = this.#classWeights;
    const beta = this.#beta * settings.betaScale;
    const normalizer = vonMisesFisherLogNormalizer(digits.dimension, this.#beta);
    const classSums = new Float64Array((units + 1) * classes);
    const ratios = new Float64Array(classes);
    let [loss, mass] = [0, 0];
    labels.forEach((label, n) => {
      const terms = scores.subarray(n * units, (n + 1) * units);
      const top = exponentials(terms, beta, normalizer);
      const background = Math.exp(-top);
      for (let y = 0; y < classes; y++) ratios[y] = background * (p[y] as number);
      for (let mu = 0; mu < units; mu++) {
        const term = terms[mu] as number;
        for (let y = 0; y < classes; y++) (ratios[y] as number) += term * (p[(mu + 1) * classes + y] as number);
      }
      for (let y = 0; y < classes; y++) {
        const q = settings.softening / classes + (y === label ? 1 - settings.softening : 0);
        loss -= q * (Math.log(ratios[y] as number) + top);
        ratios[y] = q / (ratios[y] as number);
        (classSums[y] as number) += background * (ratios[y] as number);
      }
      for (let mu = 0; mu < units; mu++) {
        const term = terms[mu] as number;
        let pull = 0;
        for (let y = 0; y < classes; y++) {
          const ratio = ratios[y] as number;
          (classSums[(mu + 1) * classes + y] as number) += term * ratio;
          pull += ratio * (p[(mu + 1) * classes + y] as number);
        }
        terms[mu] = pull * term;
        mass += terms[mu] as number;
      }
    });
    return { loss: loss / labels.length, mass, classSums };
  }

  /** Returns the sum of w.(sum of weighted rows) over the memories, from before the step. */
  #descendMemories(sums: Float32Array): number {
    const { digits, settings, start } = this.#training;
    const { learningRate: rate, momentum, batchSize } = settings;
    const { dimension: d } = digits;
    const [w, velocities] = [this.#memories, this.#memoryVelocities];
    const scale = (rate * this.#beta * settings.betaScale) / batchSize;
    let pulled = 0;
    for (let from = 0; from < start.hiddenUnits * d; from += d) {
      let along = 0;
      for (let j = from; j < from + d; j++) along += (w[j] as number) * (sums[j] as number);
      pulled += along;
      let square = 0;
      for (let j = from; j < from + d; j++) {
        const tangential = (sums[j] as number) - along * (w[j] as number);
        velocities[j] = momentum * (velocities[j] as number) + scale * tangential;
        (w[j] as number) += rate * (velocities[j] as number);
        square += (w[j] as number) ** 2;
      }
      const length = Math.sqrt(square);
      for (let j = from; j < from + d; j++) (w[j] as number) /= length;
    }
    return pulled;
  }

  #descendClasses(classSums: Float64Array): void {
    const { settings, start } = this.#training;
    const { learningRate: rate, momentum, batchSize } = settings;
    const { hiddenShares, labels: classes, hiddenUnits } = start;
    const [p, velocities] = [this.#classWeights, this.#classVelocities];
    const scale = rate / (batchSize * (hiddenUnits / (1 - (hiddenShares[0] as number))));
    hiddenShares.forEach((share, mu) => {
      let mean = 0;
      for (let i = mu * classes; i < (mu + 1) * classes; i++) mean += (p[i] as number) * (classSums[i] as number);
      mean /= share;
      for (let i = mu * classes; i < (mu + 1) * classes; i++) {
        velocities[i] = momentum * (velocities[i] as number) + scale * ((classSums[i] as number) - mean);
        (p[i] as number) *= Math.exp(rate * (velocities[i] as number));
      }
    });
    for (let sweep = 0; sweep < sweeps; sweep++) sinkhornKnopp(p, hiddenShares, start.classShares);
  }

  #descendBeta(pulled: number, mass: number): void {
    const { digits, settings } = this.#training;
    const length = vonMisesFisherMeanResultantLength(digits.dimension, this.#beta);
    const descent = (settings.betaScale * pulled - length * mass) / settings.batchSize;
    this.#betaVelocity = settings.momentum * this.#betaVelocity + settings.learningRate * descent;
    this.#beta += settings.learningRate * this.#betaVelocity;
  }
}

/** exp(beta score - normalizer - top) in place of every score; returns top, the greatest exponent or 0. */
function exponentials(scores: Float32Array, beta: number, normalizer: number): number {
  let top = 0;
  for (let mu = 0; mu < scores.length; mu++) top = Math.max(top, beta * (scores[mu] as number) - normalizer);
  const shift = normalizer + top;
  for (let mu = 0; mu < scores.length; mu++) scores[mu] = Math.exp(beta * (scores[mu] as number) - shift);
  return top;
}

/** One sweep: rows to their sums, then columns. */
function sinkhornKnopp(p: Float64Array, rowSums: Float64Array, columnSums: Float64Array): void {
  const columns = columnSums.length;
  const found = new Float64Array(columns);
  rowSums.forEach((wanted, row) => {
    const line = p.subarray(row * columns, (row + 1) * columns);
    const scale = wanted / line.reduce((sum, value) => sum + value, 0);
    line.forEach((value, y) => {
      line[y] = value * scale;
      (found[y] as number) += value * scale;
    });
  });
  const scales = columnSums.map((wanted, y) => wanted / (found[y] as number));
  for (let i = 0; i < p.length; i++) (p[i] as number) *= scales[i % columns] as number;
}
