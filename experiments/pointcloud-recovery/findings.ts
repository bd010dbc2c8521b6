/** Findings on recovery. */

import type { Finding } from '../core/experiment.ts';
import { percent } from '../core/statistics.ts';
import type { RecoveryResult, RecoveryRow } from './measures.ts';
import { channelNames } from './tables.ts';

export function findings({ rows, settings }: RecoveryResult): Finding[] {
  const recovered = (channel: RecoveryRow['channel']) => rows.find((row) => row.channel === channel)?.recovered ?? 0;
  const others = (['transport', 'reweighting', 'euclidean'] as const).map(
    (channel) => `${channelNames[channel]} ${percent(recovered(channel))}`,
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
