/** f'(0) from five points: exact up to the fourth order of the step. */
export function central(f: (at: number) => number, h: number): number {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

/** The derivative from one side, where f is defined for at >= 0 alone. */
export function forward(f: (at: number) => number, h: number): number {
  return (-25 * f(0) + 48 * f(h) - 36 * f(2 * h) + 16 * f(3 * h) - 3 * f(4 * h)) / (12 * h);
}
