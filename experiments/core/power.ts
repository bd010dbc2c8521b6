/**
 * base^exponent = exp(exponent log base), for a base of at least 0. `Math.pow` and `**` differ in the last bits between
 * Node 20 and Node 24; `Math.exp` and `Math.log` do not, and a seed must give the same results on every Node.
 */
export function power(base: number, exponent: number): number {
  return exponent === 0 ? 1 : Math.exp(exponent * Math.log(base));
}
