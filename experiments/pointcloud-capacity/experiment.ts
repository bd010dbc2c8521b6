/** Recall of ever more random point clouds in growing dimensions, their separation and their basins (Mustafi 2026). */

import type { Experiment } from '../core/experiment.ts';
import { basinFinding, capacityFinding, disjointFinding } from './findings.ts';
import { measureAll } from './measures.ts';
import { pairsFinding } from './pairs.ts';
import {
  type CloudCapacitySettings,
  check,
  defaultCloudCapacitySettings,
  quickCloudCapacitySettings,
} from './settings.ts';
import { cloudCapacityCharts, cloudCapacityTables } from './tables.ts';

export const pointCloudCapacity: Experiment<CloudCapacitySettings> = {
  id: 'pointcloud-capacity',
  title: 'Capacity of the point-cloud memory',
  summary:
    'Random clouds are recalled from perturbed queries, ever more of them in growing dimensions; separation and basins are measured.',
  source: 'Mustafi 2026, capacity under a random pattern model (abstract)',
  settings: defaultCloudCapacitySettings,
  quick: quickCloudCapacitySettings,
  seconds: 70,
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
