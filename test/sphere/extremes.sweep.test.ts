/** Random mixtures at any beta, against closed forms. */
import { describe, expect, it } from 'vitest';
import { TestRandom } from '../support/random.ts';
import { reportSweep, sweepCount } from '../support/sweep.ts';
import { deficit, ownClasses, type Row, tilted, vectors } from './extremes.ts';

const logSurface = Math.log(4 * Math.PI);

describe('random mixtures in three dimensions, any beta', () => {
  it('agree with sums of closed forms', async () => {
    const random = new TestRandom(20);
    const count = sweepCount({ test: 300, stress: 20_000 });
    let worst = 0;
    for (let run = 0; run < count; run++) {
      const beta = 10 ** (20 * random.uniform() - 5);
      const betaScale = random.uniform() < 0.5 ? 1 : random.uniform() + 0.1;
      // Memories some standard deviations apart, or anywhere.
      const spread = random.uniform() < 0.3 ? 1 : Math.min(1, 3 / Math.sqrt(beta));
      const near = () => {
        const [a = 0, b = 0] = random.normals(2);
        return unit(tilted.map((w, j) => w + spread * (j === 0 ? a : j === 1 ? b : 0)));
      };
      const memories = Array.from({ length: 4 }, near);
      const x = near();
      const { data } = await (await ownClasses({ memories, beta, betaScale })).logDensity(vectors([x]));
      memories.forEach((w, mu) => {
        const gap = w.reduce((sum, coordinate, j) => sum + (coordinate - (x[j] as number)) ** 2, 0) / 2;
        const terms = [(betaScale - 1) * beta, deficit(beta), -betaScale * beta * gap, -logSurface, Math.log(1 / 4)];
        const size = terms.reduce((sum, term) => sum + Math.abs(term), 0);
        const error = Math.abs((data[mu + 1] as number) - terms.reduce((sum, term) => sum + term, 0)) / size;
        worst = Math.max(worst, error);
      });
    }
    reportSweep('log densities of the sphere', { mixtures: count, 'worst error': worst.toExponential(2) });
    // Eight times the peak is beta before overlaps are sharpened, and they lose four roundings: of the product and of
    // both norms.
    expect(worst).toBeLessThan(32 * 2 ** -53);
  });
});

function unit(x: Row): number[] {
  const norm = Math.hypot(...x);
  return x.map((coordinate) => coordinate / norm);
}
