import { dataSets } from '../core/dataSets.ts';
import type { Experiment } from '../core/experiment.ts';
import { Stages } from '../core/stages.ts';
import { imageFindings } from './findings.ts';
import { checkImages, type ImageSetRecall, recallSet, totalWork } from './measures.ts';
import {
  checkSettings,
  defaultImageRecallSettings,
  type ImageRecallSettings,
  quickImageRecallSettings,
} from './settings.ts';
import { gallery, limitsTable, lossChart, lossTable, recallCharts, recallTable } from './tables.ts';

/** Recall of images with pixels missing, from learned latents and from region covariances. */
export const imageRecall: Experiment<ImageRecallSettings> = {
  id: 'images',
  title: 'Recall of images with pixels missing',
  summary:
    'Images become Gaussians, latents of an autoencoder trained here and region covariances; masked, they are recalled at every beta.',
  source: 'Tankala and Balasubramanian 2026, experiments on images: CelebA and CIFAR-10',
  settings: defaultImageRecallSettings,
  quick: quickImageRecallSettings,
  seconds: 230,
  async run(settings, context) {
    checkSettings(settings);
    for (const data of settings.data) await checkImages(data, settings, context);
    const stages = new Stages(settings.data.length * totalWork(settings), context);
    const sets: ImageSetRecall[] = [];
    for (const at of settings.data.keys()) sets.push(await recallSet(at, settings, context, stages));
    const recalls = sets.flatMap(({ recalls }) => recalls);
    return {
      findings: sets.flatMap(({ recalls, sample }) =>
        recalls.flatMap((recall) => imageFindings(recall, sample.targets.subarray(0, settings.queries))),
      ),
      tables: [limitsTable(recalls), recallTable(recalls), lossTable(sets)],
      charts: [...recallCharts(settings), lossChart],
      pictures: sets.map((set, at) => gallery(set, pictureName(settings.data[at] as string, at))),
    };
  },
};

/** Folders have names that a file may not have, and may share one. */
const pictureName = (data: string, at: number) =>
  dataSets.some(({ name }) => name === data) ? `recalled-${data}` : `recalled-folder-${at + 1}`;
