import { readIdx } from 'denseam';
import type { Experiment } from '../core/experiment.ts';
import { findImageFile } from './imageFile.ts';
import { recallFile } from './measures.ts';
import { type DemoSettings, defaultDemoSettings, quickDemoSettings } from './settings.ts';
import { resultOf } from './tables.ts';

/** Meanings of the columns, for the terminal and for the page. */
export const legend = [
  'recalled: the stored item nearest to the fixed point is the right one.',
  'state at its item: recalled, and the fixed point is within a tenth of d* of the item.',
  'iterations: their median. d*: the median distance from an item to its nearest neighbour, in each memory on its own.',
  'beta*: beta x d* squared.',
  'nearest: the share of queries whose own item is the nearest stored one, before any recall.',
];

/**
 * The experiment of `denseam demo`. It compares memories and reproduces no published result, so it has no findings and
 * is not on the list of experiments.
 */
export const demo: Experiment<DemoSettings> = {
  id: 'demo',
  title: 'Recalling images from what is left of them',
  summary: [
    'Images with pixels hidden are recalled by three memories: of Gaussians (mean and covariance of features of the ' +
      'pixels), of the same numbers as vectors, and of the pixels.',
    ...legend,
  ].join('\n'),
  source: 'after the experiments on images of Tankala and Balasubramanian 2026',
  settings: defaultDemoSettings,
  quick: quickDemoSettings,
  seconds: 4,
  async run(settings, { signal, onProgress }) {
    const file = await readIdx(await findImageFile(settings.data), { signal });
    return resultOf(await recallFile(file, settings, { signal, onProgress }), settings);
  },
};
