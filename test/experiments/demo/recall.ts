import type { RecallCurve } from '../../../experiments/core/recall.ts';
import type { DemoRecall } from '../../../experiments/demo/measures.ts';
import { type DemoSettings, defaultDemoSettings } from '../../../experiments/demo/settings.ts';
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
  return { neighbourDistance: 0.5, limit, points, best, recalled: [1, 0] };
}

/** Settings of the recalls below: two images are stored, the first of the queries shows the second. */
export const settings: DemoSettings = {
  ...defaultDemoSettings,
  items: 1234,
  queries: 100,
  scaledBetas: [1, 4, 16],
  shown: 1,
};

/** Recalls whose figures are easy to tell apart. The Euclidean memory recalls another image than the first query's. */
export function exampleRecall(): DemoRecall {
  const pictures = [Uint8Array.of(255, 170, 85, 0), Uint8Array.of(0, 85, 170, 255)];
  const mask = Uint8Array.of(1, 0, 1, 1);
  const both = (random: RecallCurve, block: RecallCurve): Record<MaskKind, RecallCurve> => ({ random, block });
  const wrong = (curve: RecallCurve) => ({ ...curve, recalled: [0, 1] });
  return {
    sample: {
      size: { height: 2, width: 2 },
      indices: Int32Array.of(17, 4321),
      bytes: pictures,
      images: pictures.map((bytes) => Float64Array.from(bytes, (byte) => byte / 255)),
      targets: Int32Array.of(1, 0),
      masks: { random: [mask, mask], block: [mask, mask] },
    },
    curves: {
      gaussian: both(curve([0.01, 0.97, 0.99], 0.985), curve([0.02, 0.34, 0.33], 0.335)),
      euclidean: both(wrong(curve([0.03, 0.91, 0.94], 0.945)), wrong(curve([0.04, 0.22, 0.23], 0.235))),
      pixels: both(curve([0.05, 0.95, 0.96], 0.965), curve([0.06, 0.49, 0.5], 0.505)),
    },
    limits: [
      { memory: 'gaussian', scale: 'raw', limits: { random: 0.975, block: 0.275 } },
      { memory: 'euclidean', scale: 'standardised', limits: { random: 0.945, block: 0.235 } },
      { memory: 'pixels', limits: { random: 0.965, block: 0.505 } },
    ],
  };
}
