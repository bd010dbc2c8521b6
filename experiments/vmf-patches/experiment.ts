/** Latent classes of patches of digits, found without labels (Thériault and Tantari 2025, figures 5 and 8 to 11). */

import type { Experiment, ExperimentResult } from '../core/experiment.ts';
import { classWeightsChart, classWeightsTable } from '../shared/sphere/classWeightsChart.ts';
import { blankFinding, findingsOf } from './findings.ts';
import { measure, type PatchesMeasured, type PatchModel } from './measures.ts';
import {
  checkVmfPatchesSettings,
  defaultVmfPatchesSettings,
  quickVmfPatchesSettings,
  type VmfPatchesSettings,
} from './settings.ts';
import { betaChart, classesTable, epochsTable, figuresOf, lossChart, modelsTable, picturesOf } from './tables.ts';

export const vmfPatches: Experiment<VmfPatchesSettings> = {
  id: 'vmf-patches',
  title: 'Classes found without labels',
  summary:
    'A memory is trained without labels on small patches of digits; its memories and the classes they get are shown.',
  source: 'Thériault and Tantari 2025, section 4.2 and appendix J, figures 5, 8, 9, 10 and 11',
  settings: defaultVmfPatchesSettings,
  quick: quickVmfPatchesSettings,
  seconds: 15,
  async run(settings, context) {
    checkVmfPatchesSettings(settings);
    return vmfPatchesResult(await measure(settings, context), settings);
  },
};

function vmfPatchesResult(measured: PatchesMeasured, settings: VmfPatchesSettings): ExperimentResult {
  const [first] = measured.models as [PatchModel];
  const figures = figuresOf(first, settings);
  const shown = figures.map(({ name, title, indices }) => ({
    name: `weights-${name}`,
    title: `Class weights of ${title}`,
    classWeights: first.trained.memory.classWeights,
    indices,
    classNames: Array.from({ length: settings.classes }, (_, y) => `${y + 1}`),
  }));
  return {
    findings: [
      blankFinding(measured),
      ...measured.models.flatMap((model) => findingsOf(model, measured.count, settings)),
    ],
    tables: [
      modelsTable(measured),
      epochsTable(measured),
      classesTable(measured, settings),
      ...shown.map(classWeightsTable),
    ],
    charts: [betaChart, lossChart, ...shown.map(classWeightsChart)],
    pictures: figures.map((figure) => picturesOf(figure, first, settings)),
  };
}
