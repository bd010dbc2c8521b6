import type { RecallCurve } from '../../../experiments/core/recall.ts';
import type { DemoRecall, GalleryRow } from '../../../experiments/demo/experiment.ts';
import { defaultDemoSettings } from '../../../experiments/demo/settings.ts';
import type { RunRecord } from '../../../experiments/report/images.ts';
import type { MaskKind } from '../../../experiments/shared/images/imageSample.ts';

function curve(rights: [number, number, number], limit: number): RecallCurve {
  const points = rights.map((right, at) => ({
    scaledBeta: 4 ** at,
    beta: 2 * 4 ** at,
    right,
    settled: right / 2,
    medianIterations: 10 - 3 * at,
    converged: 1,
  }));
  const best = points.reduce((best, point) => (point.right > best.right ? point : best));
  return { neighbourDistance: 0.5, limit, points, best, recalled: [0, 1] };
}

/** A result of the image experiment whose figures are easy to tell apart. */
export function exampleResult(): DemoRecall {
  const picture = Uint8Array.of(0, 85, 170, 255);
  const row: GalleryRow = {
    image: 4321,
    original: picture,
    mask: Uint8Array.of(1, 0, 1, 1),
    recalled: {
      gaussian: { pixels: picture, right: true },
      euclidean: { pixels: picture.toReversed(), right: false },
      pixels: { pixels: picture, right: true },
    },
  };
  const both = (random: RecallCurve, block: RecallCurve): Record<MaskKind, RecallCurve> => ({ random, block });
  return {
    settings: { ...defaultDemoSettings, items: 1234, queries: 100, scaledBetas: [1, 4, 16] },
    size: { height: 2, width: 2 },
    available: 60000,
    curves: {
      gaussian: both(curve([0.01, 0.97, 0.99], 0.985), curve([0.02, 0.34, 0.33], 0.335)),
      euclidean: both(curve([0.03, 0.91, 0.94], 0.945), curve([0.04, 0.22, 0.23], 0.235)),
      pixels: both(curve([0.05, 0.95, 0.96], 0.965), curve([0.06, 0.49, 0.5], 0.505)),
    },
    limits: [
      { memory: 'gaussian', scale: 'raw', limits: { random: 0.975, block: 0.275 } },
      { memory: 'euclidean', scale: 'standardised', limits: { random: 0.945, block: 0.235 } },
      { memory: 'pixels', limits: { random: 0.965, block: 0.505 } },
    ],
    gallery: { random: [row], block: [row] },
    seconds: { features: 1, gaussian: 20, euclidean: 2, pixels: 3, limits: 4 },
  };
}

export const exampleRun: RunRecord = {
  source: 'Boots & "shirts" <all>',
  command: 'npm run demo -- --seed 1',
  software: 'denseam 0.0.0',
  threads: 2,
  seconds: 30.5,
};
