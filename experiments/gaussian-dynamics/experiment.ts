/**
 * Iterations of the Gaussian memory from perturbed items at a small and a large beta (Tankala and Balasubramanian
 * 2026).
 */

import type { Experiment } from '../core/experiment.ts';
import { finding } from './findings.ts';
import { measureLines } from './measures.ts';
import { check, type DynamicsSettings, defaultDynamicsSettings, quickDynamicsSettings } from './settings.ts';
import { chart, dynamicsTable, theoryTable } from './tables.ts';

export const gaussianDynamics: Experiment<DynamicsSettings> = {
  id: 'gaussian-dynamics',
  title: 'Iterations at a small and a large beta',
  summary:
    'Gaussians on a Wasserstein sphere are perturbed to the edge of their basins; W2 to the own item is followed through the iterations.',
  source:
    'Tankala and Balasubramanian 2026, experiments on synthetic Gaussians (N = 1000, d = 10 and 20, beta 0.1 and 2)',
  settings: defaultDynamicsSettings,
  quick: quickDynamicsSettings,
  seconds: 17,
  async run(settings, context) {
    check(settings);
    const lines = await measureLines(settings, context);
    return {
      findings: lines.map((line) => finding(line, settings)),
      tables: [dynamicsTable(lines), theoryTable(lines, settings)],
      charts: [chart],
      pictures: [],
    };
  },
};
