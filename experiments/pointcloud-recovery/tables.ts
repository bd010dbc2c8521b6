/** The table of the recovery experiment. */

import type { ResultTable } from '../core/experiment.ts';
import { table } from '../core/table.ts';
import type { RecoveryResult, RecoveryRow } from './measures.ts';

export const channelNames: Readonly<Record<RecoveryRow['channel'], string>> = {
  none: 'queries as they are',
  both: 'both channels',
  transport: 'transport alone',
  reweighting: 'reweighting alone',
  euclidean: 'Euclidean memory',
  shuffled: 'Euclidean memory, points in random order',
};

export function recoveryTable({ rows }: RecoveryResult): ResultTable {
  return table({
    name: 'recovery',
    title: 'Divergence to the own item after recall',
    columns: [
      { name: 'channel', title: 'recalled by', value: ({ channel }) => channelNames[channel] },
      { name: 'medianDivergence', title: 'median', format: '.1e' },
      { name: 'greatestDivergence', title: 'greatest', format: '.1e' },
      { name: 'nearest', title: 'own item nearest', format: '.0%' },
      { name: 'recovered', title: 'recovered', format: '.0%' },
      { name: 'medianIterations', title: 'median iterations', format: '.0f' },
    ],
    rows,
  });
}
