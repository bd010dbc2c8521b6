// Draws docs/images/cloud-flow.svg: a point cloud on its way to a stored one.
//
//   npm run images
import { writeFileSync } from 'node:fs';
import { PointCloudMemory, type PointClouds } from '../lib/index.ts';
import { filmStripSvg, type PlaneCloud } from './filmStrip.ts';

const points = 16;

/** Points along a curve, for t from 0 to 1, the weights growing or falling with t by a given factor. */
function along(curve: (t: number) => readonly [number, number], growth: number): PlaneCloud {
  const ts = Array.from({ length: points }, (_, k) => k / (points - 1));
  const masses = ts.map((t) => growth ** t);
  const sum = masses.reduce((a, b) => a + b, 0);
  return { points: ts.map(curve), weights: masses.map((mass) => mass / sum) };
}

function batch(clouds: readonly PlaneCloud[]): PointClouds {
  return {
    count: clouds.length,
    dimension: 2,
    offsets: Int32Array.from({ length: clouds.length + 1 }, (_, i) => points * i),
    points: Float64Array.from(clouds.flatMap(({ points }) => points.flat())),
    weights: Float64Array.from(clouds.flatMap(({ weights }) => weights)),
  };
}

const turn = 2 * Math.PI;
/** An open ring, heavy at one end; a line; a wave. */
const ring = along((t) => [Math.cos(0.85 * turn * t), Math.sin(0.85 * turn * t)], 12);
const line = along((t) => [4 + 2 * t, -1 + 2 * t], 1);
const wave = along((t) => [-1 + 2 * t, 4 + Math.sin(turn * t)], 0.2);
/** A heap on a grid below the ring, all points alike. */
const heap: PlaneCloud = {
  points: Array.from({ length: points }, (_, k) => [-0.9 + 0.45 * (k % 4), -1.3 + 0.45 * Math.floor(k / 4)]),
  weights: Array.from({ length: points }, () => 1 / points),
};

const memory = await PointCloudMemory.create(batch([ring, line, wave]), { epsilon: 0.1 });
const { trajectory = [], trajectoryEnergy = [] } = await memory.retrieve(batch([heap]), {
  beta: 20,
  maxIterations: 1000,
  trajectory: true,
});
const frames = [0, 1, 5, 20, 100, trajectory.length - 1].map((iteration) => {
  const { points, weights } = trajectory[iteration] as PointClouds;
  const plane = Array.from(weights, (_, k) => [points[2 * k] as number, points[2 * k + 1] as number] as const);
  return { iteration, state: { points: plane, weights: [...weights] } };
});
const energy = trajectoryEnergy.map(([value]) => value as number);
const description =
  'Six states of a heap of equal points that flows to a stored open ring of unequal ones, and its energy, which falls at every iteration.';
const file = new URL('../../docs/images/cloud-flow.svg', import.meta.url);
writeFileSync(file, await filmStripSvg({ description, target: ring, frames, energy }));
console.log(energy[0], energy.at(-1), trajectory.length - 1, 'iterations');
