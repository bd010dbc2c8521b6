/** The table of the words' neighbours. */

import type { ResultTable } from '../core/experiment.ts';
import { table } from '../core/table.ts';
import type { WordsRecall } from './measures.ts';

export function neighboursTable(recalls: readonly WordsRecall[]): ResultTable {
  return table({
    name: 'neighbours',
    title: 'Nearest words',
    columns: [
      { name: 'memory', title: 'memory' },
      { name: 'word', title: 'word' },
      {
        name: 'neighbours',
        title: 'nearest words, nearest first',
        value: ({ neighbours }) => neighbours.join(', '),
      },
    ],
    rows: recalls.flatMap(({ curve, neighbours }) => neighbours.map((word) => ({ memory: curve.label, ...word }))),
  });
}
