/** Fixed-point arithmetic on whole numbers: x stands for x / 2^BITS, some 65 decimal digits behind the point. */

export const BITS = 216n;
export const ONE = 1n << BITS;

/** Exactly, unless it has digits below 2^-BITS. */
export function fromNumber(x: number): bigint {
  if (x === 0) return 0n;
  // One too high where the logarithm is rounded up, one digit more than there are to make up for it.
  const exponent = Math.floor(Math.log2(Math.abs(x))) - 53;
  return shifted(BigInt(x / 2 ** exponent), BITS + BigInt(exponent));
}

function shifted(x: bigint, bits: bigint): bigint {
  return bits >= 0n ? x << bits : x >> -bits;
}

/** To double precision. */
export function toNumber(x: bigint): number {
  const extra = BigInt(Math.max(0, (x < 0n ? -x : x).toString(2).length - 64));
  return Number(x >> extra) * 2 ** Number(extra - BITS);
}

export function times(a: bigint, b: bigint): bigint {
  return (a * b) >> BITS;
}

export function over(a: bigint, b: bigint): bigint {
  return (a << BITS) / b;
}

export function absolute(a: bigint): bigint {
  return a < 0n ? -a : a;
}

/** Halvings of the argument before Taylor's series, and squarings after it. */
const HALVINGS = 16n;

const LN2 = logarithmOfTwo();

/** 2 atanh(1/3) = 2 sum 3^-(2i+1) / (2i + 1). */
function logarithmOfTwo(): bigint {
  let sum = 0n;
  let power = (2n * ONE) / 3n;
  for (let i = 1n; power > 0n; i += 2n, power /= 9n) sum += power / i;
  return sum;
}

/** e^x, of x below some hundred; 0 where that is below 2^-BITS. */
export function exponential(x: bigint): bigint {
  const twos = x / LN2;
  if (twos < -BITS) return 0n;
  // The guard bits of the halved argument come back in the squarings.
  const guard = 2n * HALVINGS;
  const argument = ((x - twos * LN2) << guard) >> HALVINGS;
  const one = ONE << guard;
  let sum = one;
  let term = one;
  for (let i = 1n; term !== 0n && term !== -1n; i++) {
    term = ((term * argument) >> (BITS + guard)) / i;
    sum += term;
  }
  for (let i = 0n; i < HALVINGS; i++) sum = (sum * sum) >> (BITS + guard);
  return shifted(sum, twos - guard);
}
