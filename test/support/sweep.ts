// Random sweeps: some seconds in `npm test`, their full size in `npm run stress`.

const { DENSEAM_SWEEPS } = process.env;
const isFull = DENSEAM_SWEEPS === 'full';

/** How many cases a sweep runs. */
export function sweepCount({ test, stress }: { readonly test: number; readonly stress: number }): number {
  return isFull ? stress : test;
}

/** Prints what a sweep measured, at full size only. */
export function reportSweep(name: string, figures: Readonly<Record<string, string | number>>): void {
  if (!isFull) return;
  const words = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`);
  console.log(`${name}: ${words.join(', ')}`);
}
