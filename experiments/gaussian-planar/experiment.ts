/**
 * Recall of the Gaussian and the Euclidean memory in the plane (Tankala and Balasubramanian 2026, example in two
 * dimensions).
 */

import type { Experiment } from '../core/experiment.ts';
import { Stages } from '../core/stages.ts';
import { exampleFinding, randomFinding } from './findings.ts';
import { planarRows, randomShares, recallPlane, toGaussians } from './measures.ts';
import { check, defaultPlanarSettings, type PlanarSettings, quickPlanarSettings } from './settings.ts';
import { drawing, ellipseTable, rowTable, shareChart, shareTable } from './tables.ts';

export const gaussianPlanar: Experiment<PlanarSettings> = {
  id: 'gaussian-planar',
  title: 'Recall in the plane',
  summary:
    'Five Gaussians in the plane are recalled by the Gaussian memory and by the Euclidean one on stacked means and covariances.',
  source: 'Tankala and Balasubramanian 2026, two-dimensional example',
  settings: defaultPlanarSettings,
  quick: quickPlanarSettings,
  seconds: 3,
  async run(settings, { parts, ...options }) {
    check(settings);
    const stages = new Stages(10, options);
    const items = toGaussians(planarRows.map(({ item }) => item));
    const queries = toGaussians(planarRows.map(({ query }) => query));
    const { beta, betas } = settings;
    const drawn = await stages.run('the example', 1, (options) => recallPlane(items, queries, [beta], options));
    const tried = await stages.run('the example at all betas', 1, (options) =>
      recallPlane(items, queries, betas, options),
    );
    const shares = await stages.run('random planes', 8, (options) =>
      parts.part('random', () => randomShares(settings, options)),
    );
    return {
      findings: [exampleFinding(drawn, tried, settings), randomFinding(shares, settings)],
      tables: [rowTable(drawn), shareTable(tried, shares, settings), ellipseTable(items, queries, drawn)],
      charts: [drawing, shareChart],
      pictures: [],
    };
  },
};
