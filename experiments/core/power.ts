/**
 * base^exponent = exp(exponent log base), for a base of at least 0. `Math.pow` and `**` have other last bits on Node 24
 * than on Node 20; `Math.exp` and `Math.log` have not, and what follows from a seed is to be the same on every Node.
 */
export function power(base: number, exponent: number): number {
  return exponent === 0 ? 1 : Math.exp(exponent * Math.log(base));
}
