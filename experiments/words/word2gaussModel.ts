import type { Gaussians, Random } from 'denseam';

/** Initial values of a model and the bounds of every update (Vilnis and McCallum 2015, section 4.2). */
export interface Word2GaussShape {
  readonly words: number;
  readonly dimension: number;
  readonly structure: 'isotropic' | 'diagonal';
  /** Standard deviation of the coordinates that means start with. */
  readonly initialSpread: number;
  /** Initial value of variances. */
  readonly initialVariance: number;
  readonly leastVariance: number;
  readonly greatestVariance: number;
  /** Greatest norm of a mean. */
  readonly greatestNorm: number;
}

/** Gradients are collected for the three Gaussians of an update: the word, the context seen and the context drawn. */
const WORD = 0;
const SEEN = 1;
const DRAWN = 2;

/** Least sum of squares, so that the first step of Adagrad stays finite where a gradient is zero. */
const smallestSquare = 1e-12;

/**
 * A Gaussian for every word and another for every word as the context of others; rows n to 2n - 1 are the contexts. The
 * energy of a word w and a context c is -KL(c || w), and an update lowers the hinge loss max(0, margin - E(w, seen) +
 * E(w, drawn)).
 */
export class Word2GaussModel {
  readonly means: Float64Array;
  readonly variances: Float64Array;
  /** Variances in a row: d, or one for all coordinates. */
  private readonly width: number;
  /** Stride between the variances of two coordinates: 1, or 0 where all share one. */
  private readonly stride: number;
  /** log det of every covariance. */
  private readonly logDeterminants: Float64Array;
  /** Adagrad: sums of mean squared gradients, one for the mean and one for the variances of each Gaussian. */
  private readonly meanSquares: Float64Array;
  private readonly varianceSquares: Float64Array;
  private readonly meanGradients: Float64Array;
  private readonly varianceGradients: Float64Array;

  constructor(
    private readonly shape: Word2GaussShape,
    random: Random,
  ) {
    const { words, dimension: d, structure, initialSpread, initialVariance } = shape;
    const rows = 2 * words;
    this.width = structure === 'diagonal' ? d : 1;
    this.stride = structure === 'diagonal' ? 1 : 0;
    this.means = Float64Array.from({ length: rows * d }, () => initialSpread * random.normal());
    this.variances = new Float64Array(rows * this.width).fill(initialVariance);
    this.logDeterminants = new Float64Array(rows).fill(d * Math.log(initialVariance));
    this.meanSquares = new Float64Array(rows).fill(smallestSquare);
    this.varianceSquares = new Float64Array(rows).fill(smallestSquare);
    this.meanGradients = new Float64Array(3 * d);
    this.varianceGradients = new Float64Array(3 * this.width);
  }

  /** -KL(context || word) of two rows. */
  energy(word: number, context: number): number {
    const { means, variances, stride, width } = this;
    const d = this.shape.dimension;
    const [w, c] = [word * d, context * d];
    const [v, u] = [word * width, context * width];
    let sum = 0;
    for (let k = 0; k < d; k++) {
      const difference = (means[w + k] as number) - (means[c + k] as number);
      sum += ((variances[u + stride * k] as number) + difference * difference) / (variances[v + stride * k] as number);
    }
    const logRatio = (this.logDeterminants[word] as number) - (this.logDeterminants[context] as number);
    return -0.5 * (sum - d + logRatio);
  }

  /** max(0, margin - E(word, seen) + E(word, drawn)). */
  loss(word: number, seen: number, drawn: number, margin: number): number {
    return Math.max(0, margin - this.energy(word, seen) + this.energy(word, drawn));
  }

  /** One step of Adagrad on the loss of these rows. Returns the loss before it. */
  update(word: number, seen: number, drawn: number, margin: number, learningRate: number): number {
    const loss = this.loss(word, seen, drawn, margin);
    if (loss === 0) return 0;
    this.gradient(word, seen, drawn);
    this.move(word, WORD, learningRate);
    this.move(seen, SEEN, learningRate);
    this.move(drawn, DRAWN, learningRate);
    return loss;
  }

  /** Gradients of KL(seen || word) - KL(drawn || word), the loss where it is positive: rows word, seen, drawn. */
  gradient(word: number, seen: number, drawn: number): { means: Float64Array; variances: Float64Array } {
    const { means, variances, stride, width, meanGradients: m, varianceGradients: g } = this;
    const d = this.shape.dimension;
    const [w, s, n] = [word * d, seen * d, drawn * d];
    const [vw, vs, vn] = [word * width, seen * width, drawn * width];
    g.fill(0);
    for (let k = 0; k < d; k++) {
      const at = stride * k;
      const precision = 1 / (variances[vw + at] as number);
      const varianceSeen = variances[vs + at] as number;
      const varianceDrawn = variances[vn + at] as number;
      const toSeen = (means[w + k] as number) - (means[s + k] as number);
      const toDrawn = (means[w + k] as number) - (means[n + k] as number);
      m[k] = (toSeen - toDrawn) * precision;
      m[d + k] = -toSeen * precision;
      m[2 * d + k] = toDrawn * precision;
      const excess = varianceDrawn + toDrawn * toDrawn - varianceSeen - toSeen * toSeen;
      (g[at] as number) += 0.5 * excess * precision * precision;
      (g[width + at] as number) += 0.5 * (precision - 1 / varianceSeen);
      (g[2 * width + at] as number) -= 0.5 * (precision - 1 / varianceDrawn);
    }
    return { means: m, variances: g };
  }

  /** The Gaussians of the words, without those of the contexts, in single precision. */
  toGaussians(): Gaussians {
    const { words: count, dimension, structure } = this.shape;
    const means = Float32Array.from(this.means.subarray(0, count * dimension));
    const covariances = Float32Array.from(this.variances.subarray(0, count * this.width));
    return { count, dimension, structure, means, covariances };
  }

  /** Takes the step of one row, and brings it back within the bounds. */
  private move(row: number, part: number, learningRate: number): void {
    const d = this.shape.dimension;
    const means = this.means.subarray(row * d, (row + 1) * d);
    const meanGradient = this.meanGradients.subarray(part * d, (part + 1) * d);
    descend(means, meanGradient, this.meanSquares, row, learningRate);
    this.shorten(means);
    const variances = this.variances.subarray(row * this.width, (row + 1) * this.width);
    const varianceGradient = this.varianceGradients.subarray(part * this.width, (part + 1) * this.width);
    descend(variances, varianceGradient, this.varianceSquares, row, learningRate);
    this.logDeterminants[row] = this.clip(variances);
  }

  private shorten(mean: Float64Array): void {
    let squares = 0;
    for (let k = 0; k < mean.length; k++) squares += (mean[k] as number) ** 2;
    const { greatestNorm } = this.shape;
    if (squares <= greatestNorm * greatestNorm) return;
    const scale = greatestNorm / Math.sqrt(squares);
    for (let k = 0; k < mean.length; k++) (mean[k] as number) *= scale;
  }

  /** Keeps variances in their range and returns their log det. */
  private clip(variances: Float64Array): number {
    const { leastVariance, greatestVariance, dimension } = this.shape;
    let sum = 0;
    for (let k = 0; k < variances.length; k++) {
      const clipped = Math.min(greatestVariance, Math.max(leastVariance, variances[k] as number));
      variances[k] = clipped;
      sum += Math.log(clipped);
    }
    return (dimension / variances.length) * sum;
  }
}

/** Adagrad with one rate for the whole row: the rate falls with the root of the sum of its mean squared gradients. */
function descend(
  values: Float64Array,
  gradient: Float64Array,
  squares: Float64Array,
  row: number,
  learningRate: number,
): void {
  let sum = 0;
  for (let k = 0; k < gradient.length; k++) sum += (gradient[k] as number) ** 2;
  const total = (squares[row] as number) + sum / gradient.length;
  squares[row] = total;
  const rate = learningRate / Math.sqrt(total);
  for (let k = 0; k < values.length; k++) (values[k] as number) -= rate * (gradient[k] as number);
}
