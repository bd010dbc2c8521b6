import { Bare, type EigenCosts } from '../bare.ts';
import { reportBefore } from '../builds.ts';
import type { Bar, Section, Settings } from '../section.ts';
import { type Cost, ratios, spread } from '../timing.ts';

const dimensions = [8, 10, 16, 20, 32, 48, 96, 128, 192, 256, 384, 512, 768];
/** The greatest of the earlier build's kernels. */
const mostBefore = 64;
/** How many times faster than dsyevd the values must come with AVX-512, up to this dimension and beyond. */
const smallDimension = 16;
const [smallBar, bar] = [5, 4];
const avx512 = 4;
/** Matrices come in groups of as many. */
const group = 8;
/** Matrices: as many as dsyevd takes some hundredths of a second for. */
const effort = 6_000_000;
const quickDivisor = 6;
/** Both sides must have found the same sum of roots: relative. */
const agreement = 1e-9;

export const eigen: Section = {
  title: 'Eigenvalues of random Gram matrices, one thread',
  method:
    'A group of eight matrices in lanes, or from d = 384 on each in two stages, beside a loop over dsyevd, a copy of each matrix included ' +
    'on both sides. Level 4 is AVX-512, 3 AVX2, 2 the baseline; distances take two stages with AVX-512, and with AVX2 from d = 1024 on.',
  async run(settings) {
    const earlier = settings.before && Bare.start(settings.before.folder);
    try {
      for (let level = await settings.bare.level(); level >= 2; level--) {
        for (const dimension of dimensions) {
          await measure(dimension, level, settings, dimension <= mostBefore ? earlier : undefined);
        }
      }
    } finally {
      earlier?.stop();
    }
  },
};

async function measure(dimension: number, level: number, settings: Settings, earlier: Bare | undefined): Promise<void> {
  const { bare, quick, repeats } = settings;
  const count = group * Math.ceil(effort / group / (dimension + 8) ** 2 / (quick ? quickDivisor : 1));
  await bare.eigen(dimension, count, level);
  const costs: EigenCosts[] = [];
  const before: EigenCosts[] = [];
  for (let round = 0; round < repeats; round++) {
    costs.push(await bare.eigen(dimension, count, level));
    if (earlier) before.push(await earlier.eigen(dimension, count, level));
  }
  for (const { oursValues, lapackValues, oursVectors, lapackVectors } of costs) {
    for (const cost of [oursValues, oursVectors, lapackVectors]) if (cost) checkAgreement(cost.sum, lapackValues.sum);
  }
  for (const kind of ['Values', 'Vectors'] as const) {
    const ours = eachOf(costs, `ours${kind}`, count);
    const peer = eachOf(costs, `lapack${kind}`, count);
    if (ours.length === 0) continue;
    const name = `d = ${dimension}, level ${level}, each`;
    settings.report({
      name,
      measure: `speed / dsyevd, ${kind.toLowerCase()}`,
      unit: 'x',
      value: ratios('wall', peer, ours),
      processor: ratios('processor', peer, ours),
      ours: spread(ours.map(({ wall }) => wall)),
      peer: spread(peer.map(({ wall }) => wall)),
      bar: kind === 'Values' ? barOf(dimension, level) : undefined,
    });
    if (before.length === 0) continue;
    const theirs = eachOf(before, `ours${kind}`, count);
    reportBefore(`${name}, ${kind.toLowerCase()}`, { ours, before: theirs }, settings);
  }
}

const eachOf = (costs: readonly EigenCosts[], contender: keyof EigenCosts, count: number): Cost[] =>
  costs
    .flatMap((cost) => cost[contender] ?? [])
    .map(({ wall, processor }) => ({ wall: wall / count, processor: processor / count }));

function barOf(dimension: number, level: number): Bar | undefined {
  if (level === 2 || dimension > mostBefore) return undefined;
  return { atLeast: (level === avx512 ? 1 : 1 / 2) * (dimension <= smallDimension ? smallBar : bar) };
}

function checkAgreement(a: number, b: number): void {
  if (!(Math.abs(a - b) <= agreement * Math.abs(b))) throw new Error(`The contenders disagree: ${a} and ${b}`);
}
