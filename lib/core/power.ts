/**
 * base^exponent = exp(exponent log base), for a base of at least 0. The last bits of `Math.pow` and `**` changed with V8 13 (Node 24),
 * but for squares, roots and powers of two; those of `Math.exp` and `Math.log` have not, up to Node 26 (those of Bun and Deno are others). What is trained or drawn from a seed is to
 * be the same on every Node.
 */
export function power(base: number, exponent: number): number {
  return exponent === 0 ? 1 : Math.exp(exponent * Math.log(base));
}
