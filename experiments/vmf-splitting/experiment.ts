/**
 * Training from the start with all hidden units, and with a network that grows (Thériault and Tantari 2025, section
 * 4.3).
 */

import type { Experiment } from '../core/experiment.ts';
import { splittingFindings } from './findings.ts';
import { runTrainings } from './measures.ts';
import {
  checkVmfSplittingSettings,
  defaultVmfSplittingSettings,
  quickVmfSplittingSettings,
  type VmfSplittingSettings,
} from './settings.ts';
import { splittingCharts, splittingTables } from './tables.ts';

export const vmfSplitting: Experiment<VmfSplittingSettings> = {
  id: 'vmf-splitting',
  title: 'Accuracy and cost of training with and without splitting',
  summary:
    'Von Mises-Fisher memories are trained with all hidden units from the start, and with few that are split; test accuracy and cost are compared at every size.',
  source: 'Thériault and Tantari 2025, figure 7 and section 4.3',
  settings: defaultVmfSplittingSettings,
  quick: quickVmfSplittingSettings,
  seconds: 254,
  async run(settings, context) {
    checkVmfSplittingSettings(settings);
    const trainings = await runTrainings(settings, context);
    return {
      findings: splittingFindings(trainings),
      tables: splittingTables(trainings),
      charts: splittingCharts,
      pictures: [],
    };
  },
};
