/** Capacity of a memory of Gaussians in growing dimensions, beside the theory (Tankala and Balasubramanian 2026). */

import type { Experiment } from '../core/experiment.ts';
import { beyondFinding, growthFinding } from './findings.ts';
import { capacitiesOf, measureAll } from './measures.ts';
import { type CapacitySettings, check, defaultCapacitySettings, quickCapacitySettings } from './settings.ts';
import { capacityChart, capacityTable, recallChart, recallTable } from './tables.ts';

export const gaussianCapacity: Experiment<CapacitySettings> = {
  id: 'gaussian-capacity',
  title: 'Capacity of the Gaussian memory',
  summary:
    'Random Gaussians on a Wasserstein sphere are recalled from the edge of their basins, ever more of them, in growing dimensions.',
  source: 'Tankala and Balasubramanian 2026, theorem 1',
  settings: defaultCapacitySettings,
  quick: quickCapacitySettings,
  seconds: 15,
  async run(settings, context) {
    check(settings);
    const measured = await measureAll(settings, context);
    const capacities = capacitiesOf(measured, settings);
    return {
      findings: [
        ...settings.betas.map((beta) => growthFinding(capacities, beta, settings)),
        beyondFinding(measured, settings),
      ],
      tables: [recallTable(measured, settings), capacityTable(capacities, settings)],
      charts: [recallChart, capacityChart],
      pictures: [],
    };
  },
};
