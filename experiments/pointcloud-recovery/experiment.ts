import { category, logarithmic, points } from '../core/charts.ts';
import type { Experiment } from '../core/experiment.ts';
import { findings } from './findings.ts';
import { runRecovery } from './measures.ts';
import { defaultRecoverySettings, quickRecoverySettings, type RecoverySettings } from './settings.ts';
import { recoveryTable } from './tables.ts';

export const pointCloudRecovery: Experiment<RecoverySettings> = {
  id: 'pointcloud-recovery',
  title: 'Recovery of weighted point clouds',
  summary:
    'Clouds perturbed in points and weights are recalled by the flow, by each of its channels alone, and by the Euclidean memory.',
  source: 'Mustafi 2026, experiments on synthetic Gaussian clouds',
  settings: defaultRecoverySettings,
  quick: quickRecoverySettings,
  seconds: 2,
  async run(settings, { parts, signal, onProgress }) {
    const result = await parts.part('recovery', () => runRecovery(settings, { signal, onProgress }));
    return {
      findings: findings(result),
      tables: [recoveryTable(result)],
      charts: [
        {
          name: 'divergence',
          title: 'Divergence to the own item',
          description:
            'Median divergence to the own item after recall, for each way of recalling, on a logarithmic axis.',
          table: 'recovery',
          // Bars would have to begin at 0, which a logarithmic axis does not have.
          specification: points(
            {
              y: category('channel', null),
              x: logarithmic('medianDivergence', 'median divergence', { tickCount: 5 }),
            },
            { filled: true, size: 90 },
          ),
        },
      ],
      pictures: [],
    };
  },
};
