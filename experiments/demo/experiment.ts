import { readIdx } from 'denseam';
import type { Experiment } from '../core/experiment.ts';
import { findImageFile } from './imageFile.ts';
import { recallFile } from './measures.ts';
import { type DemoSettings, defaultDemoSettings, quickDemoSettings } from './settings.ts';
import { resultOf } from './tables.ts';

/**
 * The experiment of `denseam demo`. It compares memories and reproduces no published result, so it has no findings and
 * is not on the list of experiments.
 */
export const demo: Experiment<DemoSettings> = {
  id: 'demo',
  title: 'Recalling images from what is left of them',
  summary:
    'Images with pixels hidden are recalled by three memories: of Gaussians (mean and covariance of features of the pixels), of the same ' +
    'numbers as vectors, and of the pixels. beta* is beta times the median squared distance from an item to its nearest neighbour, in each memory on its own.',
  source: 'after the experiments on images of Tankala and Balasubramanian 2026',
  settings: defaultDemoSettings,
  quick: quickDemoSettings,
  seconds: 4,
  async run(settings, { signal, onProgress }) {
    const file = await readIdx(await findImageFile(settings.data), { signal });
    return resultOf(await recallFile(file, settings, { signal, onProgress }), settings);
  },
};
