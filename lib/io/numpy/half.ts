/** 2^(exponent - 25) for each of the exponents that are written in 5 bits. */
const SCALES = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (exponent - 25));

/** The value of the 16 bits of a half-precision number: a sign, 5 bits of exponent, 10 of fraction. */
export function float32Of(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24; // zero and the subnormal numbers
  return sign * (0x400 + fraction) * (SCALES[exponent] as number);
}
