import { vonMisesFisherLogNormalizer } from '../../lib/index.ts';
import type { Training } from '../training.ts';

/**
 * The gradients of a batch as a careful author writes them on typed arrays, loops in the order of memory: scores, exponentials shifted
 * by the best, class sums, responsibilities, sums over rows. They are nearly all of a step.
 */
export function plainGradients(
  { digits, settings, start }: Training,
  rows: number,
): { readonly loss: number; readonly memories: Float32Array } {
  const { dimension: d, values: x, labels } = digits;
  const { hiddenUnits: units, labels: classes, memories: w, classWeights: p } = start;
  const beta = settings.beta * settings.betaScale;
  const normalizer = vonMisesFisherLogNormalizer(d, settings.beta);
  const terms = new Float32Array(units);
  const sums = new Float64Array(classes);
  const ratios = new Float64Array(classes);
  const gradient = new Float32Array(units * d);
  let loss = 0;
  for (let n = 0; n < rows; n++) {
    const top = scoreRow(x, n * d, w, d, beta, normalizer, terms);
    const background = Math.exp(-top);
    for (let y = 0; y < classes; y++) sums[y] = background * (p[y] as number);
    for (let mu = 0; mu < units; mu++) {
      const term = terms[mu] as number;
      for (let y = 0; y < classes; y++) (sums[y] as number) += term * (p[(mu + 1) * classes + y] as number);
    }
    for (let y = 0; y < classes; y++) {
      const q = settings.softening / classes + (y === labels[n] ? 1 - settings.softening : 0);
      loss -= q * (Math.log(sums[y] as number) + top);
      ratios[y] = q / (sums[y] as number);
    }
    for (let mu = 0; mu < units; mu++) {
      let pull = 0;
      for (let y = 0; y < classes; y++) pull += (ratios[y] as number) * (p[(mu + 1) * classes + y] as number);
      const weight = (-beta * pull * (terms[mu] as number)) / rows;
      for (let j = 0; j < d; j++) (gradient[mu * d + j] as number) += weight * (x[n * d + j] as number);
    }
  }
  return { loss: loss / rows, memories: gradient };
}

/** exp(beta w.x - normalizer - top) of every memory; returns top, the greatest exponent or 0. */
function scoreRow(
  x: Float32Array,
  from: number,
  w: Float32Array | Float64Array,
  d: number,
  beta: number,
  normalizer: number,
  terms: Float32Array,
): number {
  let top = 0;
  for (let mu = 0; mu < terms.length; mu++) {
    let overlap = 0;
    for (let j = 0; j < d; j++) overlap += (x[from + j] as number) * (w[mu * d + j] as number);
    terms[mu] = beta * overlap - normalizer;
    top = Math.max(top, terms[mu] as number);
  }
  for (let mu = 0; mu < terms.length; mu++) terms[mu] = Math.exp((terms[mu] as number) - top);
  return top;
}
