/** The references of entropic transport against each other and closed forms. */
import { describe, expect, it } from 'vitest';
import { expectRelative, expectWithin } from '../support/assertions.ts';
import { certify } from './certificate.ts';
import { exactTransport, type IntegerCloud } from './exactTransport.ts';
import { exponential, fromNumber, ONE, over, times, toNumber } from './fixedPoint.ts';
import type { Cloud } from './pointCloud.ts';
import { newton } from './sinkhorn.ts';

const source: IntegerCloud = {
  points: [
    [0, 0],
    [3, 0],
  ],
  masses: [1, 2],
};
const target: IntegerCloud = {
  points: [
    [1, 0],
    [0, 2],
    [4, 4],
  ],
  masses: [3, 1, 4],
};
const cloudOf = ({ points, masses }: IntegerCloud): Cloud => {
  const total = masses.reduce((a, b) => a + b);
  return { points, weights: masses.map((mass) => mass / total) };
};
const costs = source.points.map((x) =>
  target.points.map((y) => x.reduce((s, v, c) => s + (v - (y[c] as number)) ** 2, 0)),
);
const solve = (epsilon: number) =>
  newton({ costs, rowWeights: cloudOf(source).weights, columnWeights: cloudOf(target).weights, epsilon });

describe('fixed-point numbers', () => {
  it('are those of doubles', () => {
    for (const x of [1, -0.1, 1e-9, 12345.678, -7e5, 2 ** 53 - 1, 16 * (1 - 2 ** -53)])
      expect(toNumber(fromNumber(x))).toBe(x);
    expect(toNumber(over(fromNumber(2), fromNumber(3)))).toBe(2 / 3);
  });

  it('have an exponential', () => {
    for (const x of [-40, -1.5, 0, 0.3, 20])
      expectRelative('e^x', [toNumber(exponential(fromNumber(x)))], [Math.exp(x)], 4e-16);
    // e^x e^-x = 1 to 60 digits.
    const x = fromNumber(1.7);
    const error = times(exponential(x), exponential(-x)) - ONE;
    expect(Math.abs(toNumber(error))).toBeLessThan(1e-60);
    expect(exponential(fromNumber(-1e8))).toBe(0n);
  });
});

describe('fifty digits', () => {
  it('are where the double solver ends', () => {
    for (const epsilon of [10, 1, 0.1]) {
      const found = solve(epsilon);
      const exact = exactTransport(source, target, epsilon, found);
      expectRelative('value', [exact.value], [found.value], 1e-13);
      expectWithin('plan', exact.plan.flat(), found.plan.flat(), 1e-12);
    }
  });

  it('are reached from potentials that are off', () => {
    const { f, g } = solve(1);
    const off = { f: f.map((value, k) => value + 0.3 * k), g: g.map((value, k) => value - 0.2 * k) };
    expect(exactTransport(source, target, 1, off).value).toBe(exactTransport(source, target, 1, { f, g }).value);
  });
});

describe('a certificate', () => {
  const pair = [cloudOf(source), cloudOf(target)] as const;

  it('encloses the value', () => {
    const found = solve(0.5);
    const { lower, upper, gap, marginalError } = certify(...pair, 0.5, found);
    expectRelative('bounds', [lower, upper], [found.value, found.value], 1e-13);
    expect(Math.abs(gap)).toBeLessThan(1e-13);
    expect(marginalError).toBeLessThan(1e-13);
  });

  it('shows what is wrong with potentials and with plans', () => {
    const found = solve(0.5);
    const f = found.f.map((value, k) => value + 1e-4 * k);
    expect(certify(...pair, 0.5, { ...found, f }).gap).toBeGreaterThan(1e-10);
    const product = pair[0].weights.map((a) => pair[1].weights.map((b) => a * b));
    expect(certify(...pair, 0.5, { ...found, plan: product }).gap).toBeGreaterThan(0.1);
    const short = found.plan.map((row) => row.map((mass) => mass * (1 - 1e-6)));
    const { gap, marginalError } = certify(...pair, 0.5, { ...found, plan: short });
    expectRelative('marginal error', [marginalError], [2e-6], 1e-6);
    expect(gap).toBeGreaterThan(1e-7);
  });
});
