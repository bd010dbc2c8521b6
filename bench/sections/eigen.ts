import type { EigenCosts } from '../bare.ts';
import type { Section, Settings } from '../section.ts';
import { type Cost, ratios, spread } from '../timing.ts';

const dimensions = [8, 10, 16, 20, 32, 48];
/** How many times faster than dsyevd the values must come with AVX-512, up to this dimension and beyond. */
const smallDimension = 16;
const [smallBar, bar] = [5, 4];
const avx512 = 4;
/** Matrices: as many as dsyevd takes some hundredths of a second for. */
const effort = 6_000_000;
const quickDivisor = 6;
/** Both sides must have found the same sum of roots: relative. */
const agreement = 1e-9;

export const eigen: Section = {
  title: 'Eigenvalues of random Gram matrices, one thread',
  method:
    'A group of eight matrices in lanes beside a loop over dsyevd, a copy of each matrix included on both sides. Level 4 is AVX-512, ' +
    '3 AVX2, 2 the baseline.',
  async run(settings) {
    const best = await settings.bare.level();
    for (let level = best; level >= 2; level--) {
      for (const dimension of dimensions) await measure(dimension, level, settings);
    }
  },
};

async function measure(dimension: number, level: number, { bare, quick, repeats, report }: Settings): Promise<void> {
  const count = Math.ceil(effort / (dimension + 8) ** 2 / (quick ? quickDivisor : 1));
  await bare.eigen(dimension, count, level);
  const costs: EigenCosts[] = [];
  for (let round = 0; round < repeats; round++) costs.push(await bare.eigen(dimension, count, level));
  for (const { oursValues, lapackValues, oursVectors, lapackVectors } of costs) {
    for (const { sum } of [oursValues, oursVectors, lapackVectors]) checkAgreement(sum, lapackValues.sum);
  }
  const factor = level === avx512 ? 1 : 1 / 2;
  const atLeast = factor * (dimension <= smallDimension ? smallBar : bar);
  const figure = (kind: 'Values' | 'Vectors') => {
    const ours = costs.map((cost) => cost[`ours${kind}`]);
    const peer = costs.map((cost) => cost[`lapack${kind}`]);
    const each = (list: readonly Cost[]) => spread(list.map(({ wall }) => wall / count));
    return {
      name: `d = ${dimension}, level ${level}, each`,
      measure: `speed / dsyevd, ${kind.toLowerCase()}`,
      unit: 'x',
      value: ratios('wall', peer, ours),
      processor: ratios('processor', peer, ours),
      ours: each(ours),
      peer: each(peer),
    } as const;
  };
  report({ ...figure('Values'), bar: level > 2 ? { atLeast } : undefined });
  report(figure('Vectors'));
}

function checkAgreement(a: number, b: number): void {
  if (!(Math.abs(a - b) <= agreement * Math.abs(b))) throw new Error(`The contenders disagree: ${a} and ${b}`);
}
