import { expect, it } from 'vitest';
import { filmStripSvg, type PlaneCloud } from '../../scripts/filmStrip.ts';

const target: PlaneCloud = {
  points: [
    [0, 0],
    [2, 1],
  ],
  weights: [0.25, 0.75],
};
const start: PlaneCloud = {
  points: [
    [1, 1],
    [1, 0],
  ],
  weights: [0.5, 0.5],
};
const frames = [
  { iteration: 0, state: start },
  { iteration: 1, state: start },
  { iteration: 7, state: target },
];
const energy = [2, 1, 0.5, 0.2, 0.1, 0.01, 1e-3, -1e-16];

it('draws a titled frame for every state, with state and target in it, and the energy', async () => {
  const svg = await filmStripSvg({ description: 'what it shows', target, frames, energy });
  expect(svg).toMatch(/^<svg [^>]*>/);
  for (const text of ['query', '1 iteration', '7 iterations', 'energy', 'iterations + 1']) {
    expect(svg).toContain(`>${text}</text>`);
  }
  // Two clouds of two points in each frame, and the marks on the energy, of which one is not positive.
  expect(svg.match(/aria-roledescription="point"/g)).toHaveLength(3 * 4 + 2);
  expect(svg).not.toMatch(/NaN|Infinity/);
});

it('areas of circles are weights', async () => {
  const svg = await filmStripSvg({ description: '', target, frames: [{ iteration: 0, state: start }], energy });
  // Circles are drawn as arcs: "A<radius>,...".
  const radii = [...svg.matchAll(/d="M([\d.]+),0A/g)].map((match) => Number(match[1]));
  const [first, second, light, heavy] = radii as [number, number, number, number];
  expect(first).toBe(second);
  expect((heavy / light) ** 2).toBeCloseTo(3, 1);
  expect((heavy / first) ** 2).toBeCloseTo(1.5, 1);
});
