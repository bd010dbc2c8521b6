import { expect, it } from 'vitest';
import { checkResult } from '../../../../experiments/report/checkResult.ts';
import { chartFile } from '../../../../experiments/report/resultChart.ts';
import {
  classWeightsChart,
  classWeightsTable,
  rescaledClassWeights,
} from '../../../../experiments/shared/sphere/classWeightsChart.ts';

/** The background, two memories; "none" and two classes. */
const classWeights = {
  rows: 3,
  columns: 3,
  data: Float64Array.of(0.2, 0.2, 0.2, 0.05, 0.05, 0.1, 0, 0.15, 0.05),
};

it('soft labels are the class weights of a unit over its share', () => {
  expect(rescaledClassWeights(classWeights, 0)).toEqual([0.25, 0.25, 0.5].map((p) => expect.closeTo(p, 12)));
  expect(rescaledClassWeights(classWeights, 1)).toEqual([0, 0.75, 0.25].map((p) => expect.closeTo(p, 12)));
});

it('are drawn a square for each memory and class, memories in the order asked for', async () => {
  const shown = { name: 'weights', title: 'Weights', classWeights, indices: [1, 0], classNames: ['a', 'b'] };
  const table = classWeightsTable(shown);
  expect(table.rows.map(([unit, index, name]) => `${unit} ${index} ${name}`)).toEqual([
    'AA 1 none',
    'AA 1 a',
    'AA 1 b',
    'AB 0 none',
    'AB 0 a',
    'AB 0 b',
  ]);
  expect(table.rows[1]?.[3]).toBeCloseTo(0.75, 12);
  const chart = classWeightsChart(shown);
  checkResult({ findings: [], tables: [table], charts: [chart], pictures: [] });
  const svg = await chartFile(chart, table);
  const [marks = ''] = svg.match(/<g class="mark-rect role-mark marks".*?<\/g>/) ?? [];
  expect(marks.match(/<path/g)).toHaveLength(6);
});
