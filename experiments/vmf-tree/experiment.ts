/** Memories on their way through a tree of broken symmetries (Thériault and Tantari 2025, section 4.3). */

import type { Experiment } from '../core/experiment.ts';
import { treeFindings } from './findings.ts';
import { projectedTrees } from './measures.ts';
import {
  checkVmfTreeSettings,
  defaultVmfTreeSettings,
  quickVmfTreeSettings,
  type VmfTreeSettings,
} from './settings.ts';
import { treeCharts, treeTables } from './tables.ts';

export const vmfTree: Experiment<VmfTreeSettings> = {
  id: 'vmf-tree',
  title: 'The tree that memories follow as they learn',
  summary:
    'The overlaps of memories with digits are followed from epoch to epoch, with and without splitting, and projected onto a plane by UMAP.',
  source: 'Thériault and Tantari 2025, figure 6 and appendix D',
  settings: defaultVmfTreeSettings,
  quick: quickVmfTreeSettings,
  seconds: 19,
  async run(settings, context) {
    checkVmfTreeSettings(settings);
    const trees = await projectedTrees(settings, context);
    return {
      findings: treeFindings(trees, settings.data),
      tables: treeTables(trees),
      charts: treeCharts,
      pictures: [],
    };
  },
};
