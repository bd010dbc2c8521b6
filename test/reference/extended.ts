/**
 * Arithmetic with about 32 digits: every number is an unevaluated sum of two doubles (Dekker 1971; Knuth's two-sum).
 *
 * The oracle evaluates the textbook formulas as they stand. In plain doubles they lose digits (close distributions,
 * near-singular covariances) and a disagreement could be the oracle's fault; with twice the digits it cannot be.
 * The error terms must not under- or overflow: keep magnitudes between 1e-130 and 1e130.
 */
export type Extended = readonly [high: number, low: number];

/** 2^27 + 1 cuts a double into two halves of 26 bits whose products are exact. */
const SPLITTER = 134217729;

export const ZERO: Extended = [0, 0];

export function toNumber(a: Extended): number {
  return a[0] + a[1];
}

function quickTwoSum(a: number, b: number): Extended {
  const sum = a + b;
  return [sum, b - (sum - a)];
}

export function twoSum(a: number, b: number): Extended {
  const sum = a + b;
  const part = sum - a;
  return [sum, a - (sum - part) + (b - part)];
}

export function twoProduct(a: number, b: number): Extended {
  const product = a * b;
  const aBig = SPLITTER * a;
  const aHigh = aBig - (aBig - a);
  const aLow = a - aHigh;
  const bBig = SPLITTER * b;
  const bHigh = bBig - (bBig - b);
  const bLow = b - bHigh;
  return [product, aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow];
}

export function add(a: Extended, b: Extended): Extended {
  const [high, highError] = twoSum(a[0], b[0]);
  const [low, lowError] = twoSum(a[1], b[1]);
  const [sum, error] = quickTwoSum(high, highError + low);
  return quickTwoSum(sum, error + lowError);
}

export function negate(a: Extended): Extended {
  return [-a[0], -a[1]];
}

export function subtract(a: Extended, b: Extended): Extended {
  return add(a, negate(b));
}

export function multiply(a: Extended, b: Extended): Extended {
  const [product, error] = twoProduct(a[0], b[0]);
  return quickTwoSum(product, error + (a[0] * b[1] + a[1] * b[0]));
}

export function divide(a: Extended, b: Extended): Extended {
  const first = a[0] / b[0];
  const rest = subtract(a, multiply(b, [first, 0]));
  const second = rest[0] / b[0];
  const last = subtract(rest, multiply(b, [second, 0]))[0] / b[0];
  return add(quickTwoSum(first, second), [last, 0]);
}

/** The square root, of which negative arguments (rounding of a zero) have none: they count as zero. */
export function squareRoot(a: Extended): Extended {
  if (!(a[0] > 0)) return ZERO;
  const root = Math.sqrt(a[0]);
  const rest = subtract(a, twoProduct(root, root));
  return quickTwoSum(root, rest[0] / (2 * root));
}

/** A square matrix of extended numbers, row-major. */
export class ExtendedMatrix {
  readonly order: number;
  readonly high: Float64Array;
  readonly low: Float64Array;

  constructor(order: number, values?: ArrayLike<number>) {
    this.order = order;
    this.high = values === undefined ? new Float64Array(order * order) : Float64Array.from(values);
    this.low = new Float64Array(order * order);
  }

  static diagonal(entries: readonly Extended[]): ExtendedMatrix {
    const result = new ExtendedMatrix(entries.length);
    entries.forEach((entry, i) => {
      result.set(i, i, entry);
    });
    return result;
  }

  get(row: number, column: number): Extended {
    const at = row * this.order + column;
    return [this.high[at] as number, this.low[at] as number];
  }

  set(row: number, column: number, value: Extended): void {
    const at = row * this.order + column;
    this.high[at] = value[0];
    this.low[at] = value[1];
  }

  transposed(): ExtendedMatrix {
    const result = new ExtendedMatrix(this.order);
    for (let i = 0; i < this.order; i++) for (let j = 0; j < this.order; j++) result.set(j, i, this.get(i, j));
    return result;
  }

  trace(): Extended {
    let sum = ZERO;
    for (let i = 0; i < this.order; i++) sum = add(sum, this.get(i, i));
    return sum;
  }

  /** this + factor * other. */
  plus(other: ExtendedMatrix, factor: Extended = [1, 0]): ExtendedMatrix {
    const result = new ExtendedMatrix(this.order);
    for (let i = 0; i < this.order; i++) {
      for (let j = 0; j < this.order; j++) result.set(i, j, add(this.get(i, j), multiply(factor, other.get(i, j))));
    }
    return result;
  }

  /** (this + this') / 2: products of three symmetric matrices are symmetric only up to rounding. */
  symmetrised(): ExtendedMatrix {
    const sum = this.plus(this.transposed());
    for (let at = 0; at < sum.high.length; at++) {
      sum.high[at] = (sum.high[at] as number) / 2;
      sum.low[at] = (sum.low[at] as number) / 2;
    }
    return sum;
  }

  times(other: ExtendedMatrix): ExtendedMatrix {
    const n = this.order;
    const result = new ExtendedMatrix(n);
    const columns = other.transposed();
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) result.set(i, j, dot(this, i * n, columns, j * n));
    }
    return result;
  }

  frobeniusNorm(): number {
    return Math.hypot(...this.high);
  }

  toNumbers(): Float64Array {
    return this.high.map((high, at) => high + (this.low[at] as number));
  }
}

/** Dot product of a row of `a` and a row of `b`; twoProduct and add written out, as the oracle spends its time here. */
function dot(a: ExtendedMatrix, aStart: number, b: ExtendedMatrix, bStart: number): Extended {
  let sum = 0;
  let sumLow = 0;
  for (let k = 0; k < a.order; k++) {
    const x = a.high[aStart + k] as number;
    const y = b.high[bStart + k] as number;
    const product = x * y;
    const xBig = SPLITTER * x;
    const xHigh = xBig - (xBig - x);
    const xLow = x - xHigh;
    const yBig = SPLITTER * y;
    const yHigh = yBig - (yBig - y);
    const yLow = y - yHigh;
    let error = xHigh * yHigh - product + xHigh * yLow + xLow * yHigh + xLow * yLow;
    error += x * (b.low[bStart + k] as number) + (a.low[aStart + k] as number) * y;
    const total = sum + product;
    const part = total - sum;
    const rest = sum - (total - part) + (product - part) + (sumLow + error);
    sum = total + rest;
    sumLow = rest - (sum - total);
  }
  return [sum, sumLow];
}
