/** Findings on the paper's example. */

import type { Finding } from '../core/experiment.ts';
import { percent } from '../core/statistics.ts';
import { type PlanarMemory, type PlanarRecall, planarRows, recallsOf, type Shares } from './measures.ts';
import type { PlanarSettings } from './settings.ts';

/** Numbers, from 1, of the rows that none of these recalled. */
function failedRows(recalls: readonly PlanarRecall[], threshold: number): number[] {
  return planarRows
    .map((_, row) => row)
    .filter((row) => recalls.every(({ distances }) => (distances[row] as number) > threshold))
    .map((row) => row + 1);
}

export function exampleFinding(
  drawn: readonly PlanarRecall[],
  tried: readonly PlanarRecall[],
  { beta, threshold }: PlanarSettings,
): Finding {
  const failed = (memory: PlanarMemory) => failedRows(recallsOf(drawn, memory), threshold);
  const never = failedRows(recallsOf(tried, 'Euclidean'), threshold);
  const count = planarRows.length;
  const recalled = (memory: PlanarMemory) => `${count - failed(memory).length} of ${count}`;
  const holds = failed('Gaussian').length === 0 && failed('Euclidean').length === 2;
  return {
    what: `the example (of our own: the paper gives no numbers), beta ${beta}`,
    published: 'the Gaussian memory retrieves all, the Euclidean one fails in two rows',
    ours: `Gaussian ${recalled('Gaussian')}; Euclidean ${recalled('Euclidean')}, failing in rows ${failed('Euclidean').join(' and ') || 'none'}, at every beta tried in rows ${never.join(' and ') || 'none'}`,
    verdict: holds ? 'reproduced' : 'not reproduced',
    ...(!holds && { why: 'beta, threshold or both differ from those that the example was made for' }),
  };
}

export function randomFinding(shares: Shares, { planes, radius }: PlanarSettings): Finding {
  const best = (memory: PlanarMemory) =>
    shares
      .filter((share) => share.memory === memory)
      .reduce((best, share) => (share.recovered > best.recovered ? share : best));
  const text = (memory: PlanarMemory) => {
    const { recovered, beta } = best(memory);
    return `${memory} ${percent(recovered)} (beta ${beta})`;
  };
  return {
    what: `${planes} random sets of items, W2 ${radius}, each memory at its best beta`,
    published: '',
    ours: `${text('Gaussian')}; ${text('Euclidean')}`,
    verdict: 'not published',
  };
}
