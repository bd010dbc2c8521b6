/**
 * The memories that training leaves: prototypes, noise and soft labels (Thériault and Tantari 2025, figures 1, 3 and
 * 4).
 */

import type { Experiment } from '../core/experiment.ts';
import { memoriesFindings } from './findings.ts';
import { measure } from './measures.ts';
import { check, defaultVmfMemoriesSettings, quickVmfMemoriesSettings, type VmfMemoriesSettings } from './settings.ts';
import { memoriesCharts, memoriesPictures, memoriesTables } from './tables.ts';

export const vmfMemories: Experiment<VmfMemoriesSettings> = {
  id: 'vmf-memories',
  title: 'Memories as prototypes',
  summary:
    'What the memories of trained models look like, how many stay noise at each beta, their soft labels, and what they reconstruct.',
  source: 'Thériault and Tantari 2025, sections 2.1, 4.1 and 4.2, figures 1, 3 and 4',
  settings: defaultVmfMemoriesSettings,
  quick: quickVmfMemoriesSettings,
  seconds: 11,
  async run(settings, context) {
    check(settings);
    const measured = await measure(settings, context);
    return {
      findings: memoriesFindings(measured, settings),
      tables: memoriesTables(measured, settings),
      charts: memoriesCharts(measured),
      pictures: memoriesPictures(measured),
    };
  },
};
