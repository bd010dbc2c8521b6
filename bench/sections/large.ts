import { stat } from 'node:fs/promises';
import { reportBefore } from '../builds.ts';
import { gigabytes, inChild, withRoom } from '../child.ts';
import type { EarlierBuild, Section, Settings } from '../section.ts';
import { spread } from '../timing.ts';

const beta = 2;
/** What a memory of a thousand items of this dimension may take: bytes. */
const bars = { float64: 8 * 2 ** 30, float32: 4 * 2 ** 30 } as const;

export const large: Section = {
  title: 'Full covariances, d = 768, loaded from a file and recalled with pruning, one query, all threads',
  method:
    'One process builds the memory batch by batch and saves it; another loads it, index and all, and recalls. Peak: the most memory ' +
    'that process had resident, whole.',
  async run(settings) {
    for (const precision of ['float64', 'float32'] as const) await measure(precision, settings);
  },
};

async function measure(precision: 'float32' | 'float64', settings: Settings): Promise<void> {
  const { quick, note, threads } = settings;
  const [count, dimension] = quick ? [100, 128] : [1000, 768];
  const stored = count * dimension * dimension * (precision === 'float64' ? 8 : 4);
  await withRoom(stored, settings, async (path) => {
    // Each build reads its own file: the earlier one does not know those of this one.
    const measured = async (build?: EarlierBuild) => {
      const what = { structure: 'full', precision, count, dimension, path } as const;
      const built = await inChild((ask) => ask({ verb: 'build', ...what }), build);
      const { size } = await stat(path);
      return inChild(async (ask) => {
        const loaded = await ask({ verb: 'load', path, threads });
        await ask({ verb: 'ask', queries: 1, kind: 'near' });
        return { built, size, loaded, recalled: await ask({ verb: 'retrieve', beta }) };
      }, build);
    };
    const ours = await measured();
    const earlier = settings.before && (await measured(settings.before));
    const name = `${count} items, d = ${dimension}, ${precision}, file of ${gigabytes(ours.size)}`;
    for (const step of ['loaded', 'recalled'] as const) {
      reportBefore(`${name}, first time ${step}`, { ours: [ours[step]], before: earlier && [earlier[step]] }, settings);
    }
    note(
      `${name}: built and saved in ${ours.built.wall.toFixed(1)} s, loaded in ${ours.loaded.wall.toFixed(1)} s, ` +
        `a query recalled in ${ours.recalled.wall.toFixed(2)} s`,
    );
    settings.report({
      name,
      measure: 'peak resident memory',
      unit: 'MB',
      value: spread([ours.recalled.peak / 2 ** 20]),
      bar: { atMost: bars[precision] / 2 ** 20 },
    });
  });
}
