import { colours, faint, ink, staticSvg } from '../experiments/report/staticChart.ts';
import { greatest, least } from '../lib/core/statistics.ts';

/** A weighted cloud in the plane. */
export interface PlaneCloud {
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly weights: readonly number[];
}

/** A flow of a cloud through the plane: some of its states, and the energy of all. */
export interface FilmStrip {
  /** What it shows in a sentence, for those who do not see it. */
  readonly description: string;
  /** Where it flows to: outlined in every frame. */
  readonly target: PlaneCloud;
  /** States after these numbers of iterations, in order. */
  readonly frames: readonly { readonly iteration: number; readonly state: PlaneCloud }[];
  /** After 0, 1, 2, ... iterations. */
  readonly energy: readonly number[];
}

/** In pixels: a square for each frame, and the energy below them all. */
const side = 150;
const gap = 12;
const energyHeight = 130;
/** Area of the heaviest point in square pixels. */
const greatestArea = 500;

const [stateColour, , targetColour] = colours as [string, string, string];

/** Frames of the flow side by side, areas of circles being weights; below them the energy over the iterations. */
export function filmStripSvg(strip: FilmStrip): Promise<string> {
  const { description, frames, target } = strip;
  const scales = commonScales([target, ...frames.map(({ state }) => state)]);
  return staticSvg({
    description,
    spacing: 24,
    vconcat: [
      {
        spacing: gap,
        hconcat: frames.map(({ iteration, state }) => ({
          title: iteration === 0 ? 'query' : `${iteration} iteration${iteration === 1 ? '' : 's'}`,
          width: side,
          height: side,
          view: { stroke: faint },
          layer: [
            circles(state, scales, { filled: true, color: stateColour, opacity: 0.75 }),
            circles(target, scales, { filled: false, color: targetColour, strokeWidth: 1.5, opacity: 1 }),
          ],
        })),
      },
      energyChart(strip, frames.length * (side + gap) - gap),
    ],
  });
}

type Scales = Readonly<Record<'x' | 'y' | 'size', object>>;

/** Scales that give a place and an area one meaning in all frames. */
function commonScales(clouds: readonly PlaneCloud[]): Scales {
  const points = clouds.flatMap(({ points }) => points);
  const extent = (axis: 0 | 1) => [
    least(points.map((point) => point[axis])),
    greatest(points.map((point) => point[axis])),
  ];
  const [x, y] = [extent(0), extent(1)] as [[number, number], [number, number]];
  // A margin for circles on the edge; x and y in the same units.
  const reach = 0.6 * Math.max(x[1] - x[0], y[1] - y[0]);
  const about = ([least, greatest]: [number, number]) => [
    (least + greatest) / 2 - reach,
    (least + greatest) / 2 + reach,
  ];
  const heaviest = greatest(clouds.flatMap(({ weights }) => weights));
  return {
    x: { domain: about(x), nice: false, zero: false },
    y: { domain: about(y), nice: false, zero: false },
    size: { domain: [0, heaviest], range: [0, greatestArea] },
  };
}

function circles({ points, weights }: PlaneCloud, scales: Scales, look: object): object {
  const position = (field: 'x' | 'y') => ({ field, type: 'quantitative', axis: null, scale: scales[field] });
  return {
    data: { values: points.map(([x, y], k) => ({ x, y, weight: weights[k] })) },
    mark: { type: 'point', shape: 'circle', ...look },
    encoding: {
      x: position('x'),
      y: position('y'),
      size: { field: 'weight', type: 'quantitative', legend: null, scale: scales.size },
    },
  };
}

/** Both axes logarithmic; the iterations count from 1 so that the query shows. */
function energyChart({ energy, frames }: FilmStrip, width: number): object {
  const at = (iteration: number) => ({ iteration: iteration + 1, energy: energy[iteration] });
  const isPositive = (point: { readonly energy: number | undefined }) => (point.energy ?? 0) > 0;
  const values = energy.map((_, iteration) => at(iteration)).filter(isPositive);
  const axis = { grid: true, format: '~g' };
  const encoding = {
    x: {
      field: 'iteration',
      type: 'quantitative',
      title: 'iterations + 1',
      scale: { type: 'log', nice: false },
      axis: { ...axis, grid: false },
    },
    y: {
      field: 'energy',
      type: 'quantitative',
      title: 'energy',
      scale: { type: 'log' },
      axis: { ...axis, tickCount: 4 },
    },
  };
  return {
    width,
    height: energyHeight,
    encoding,
    layer: [
      { data: { values }, mark: { type: 'line', color: ink } },
      {
        data: { values: frames.map(({ iteration }) => at(iteration)).filter(isPositive) },
        mark: { type: 'point', filled: true, size: 70, opacity: 1, color: stateColour },
      },
    ],
  };
}
