import { category, logarithmic, points } from '../core/charts.ts';
import type { Experiment, Finding, ResultTable } from '../core/experiment.ts';
import { percent } from '../core/statistics.ts';
import { table } from '../core/table.ts';
import { type RecoveryResult, type RecoveryRow, runRecovery } from './measures.ts';
import { defaultRecoverySettings, type RecoverySettings } from './settings.ts';

const names: Readonly<Record<RecoveryRow['channel'], string>> = {
  none: 'queries as they are',
  both: 'both channels',
  transport: 'transport alone',
  reweighting: 'reweighting alone',
  euclidean: 'Euclidean memory',
  shuffled: 'Euclidean memory, points in random order',
};

export const pointCloudRecovery: Experiment<RecoverySettings> = {
  id: 'pointcloud-recovery',
  title: 'Recovery of weighted point clouds',
  summary:
    'Clouds perturbed in points and weights are recalled by the flow, by each of its channels alone, and by the Euclidean memory.',
  source: 'Mustafi 2026, experiments on synthetic Gaussian clouds',
  settings: defaultRecoverySettings,
  quick: { ...defaultRecoverySettings, count: 8 },
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

function recoveryTable({ rows }: RecoveryResult): ResultTable {
  return table({
    name: 'recovery',
    title: 'Divergence to the own item after recall',
    columns: [
      { name: 'channel', title: 'recalled by', value: ({ channel }) => names[channel] },
      { name: 'medianDivergence', title: 'median', format: '.1e' },
      { name: 'greatestDivergence', title: 'greatest', format: '.1e' },
      { name: 'nearest', title: 'own item nearest', format: '.0%' },
      { name: 'recovered', title: 'recovered', format: '.0%' },
      { name: 'medianIterations', title: 'median iterations', format: '.0f' },
    ],
    rows,
  });
}

function findings({ rows, settings }: RecoveryResult): Finding[] {
  const recovered = (channel: RecoveryRow['channel']) => rows.find((row) => row.channel === channel)?.recovered ?? 0;
  const others = (['transport', 'reweighting', 'euclidean'] as const).map(
    (channel) => `${names[channel]} ${percent(recovered(channel))}`,
  );
  const isRobust = recovered('both') >= 0.9 && recovered('both') > recovered('euclidean');
  return [
    {
      what: `recovered within ${settings.threshold}`,
      published: 'robust recovery from perturbed queries, against a Euclidean Hopfield-type baseline',
      ours: `both channels ${percent(recovered('both'))}; ${others.join(', ')}`,
      verdict: isRobust ? 'reproduced' : 'not reproduced',
      ...(!isRobust && { why: `after ${settings.maxIterations} iterations: the tail of the flow is slow` }),
    },
  ];
}
