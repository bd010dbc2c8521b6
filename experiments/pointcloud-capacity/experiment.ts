/** Recall of ever more random point clouds in growing dimensions, their separation and their basins (Mustafi 2026). */

import type { Experiment } from '../core/experiment.ts';
import { basinFinding, capacityFinding, disjointFinding } from './findings.ts';
import { measureAll } from './measures.ts';
import { pairsFinding } from './pairs.ts';
import { type CloudCapacitySettings, check, standard } from './settings.ts';
import { cloudCapacityCharts, cloudCapacityTables } from './tables.ts';

export const pointCloudCapacity: Experiment<CloudCapacitySettings> = {
  id: 'pointcloud-capacity',
  title: 'Capacity of the point-cloud memory',
  summary:
    'Random clouds are recalled from perturbed queries, ever more of them in growing dimensions; separation and basins are measured.',
  source: 'Mustafi 2026, capacity under a random pattern model (abstract)',
  settings: standard,
  quick: {
    ...standard,
    ...{
      counts: [10, 30],
      separationCounts: [10, 30],
      dimensions: [2, 3, 16],
      baseCount: 10,
      epsilons: [0.3, 3],
      betas: [1, 10],
      divergences: [0.3, 3],
      capacityDivergences: [3],
    },
    ...{
      pairs: 10_000,
      pairDimensions: [6, 7, 8, 9],
      queries: 10,
      trials: 4,
      basins: 2,
      basinTrials: 4,
      maxIterations: 30,
    },
  },
  async run(settings, context) {
    check(settings);
    const measured = await measureAll(settings, context);
    return {
      findings: [
        ...settings.capacityDivergences.map((divergence) => capacityFinding(measured, divergence, settings)),
        pairsFinding(measured.pairs, settings),
        disjointFinding(measured, settings),
        basinFinding(measured, settings),
      ],
      tables: cloudCapacityTables(measured),
      charts: cloudCapacityCharts,
      pictures: [],
    };
  },
};
