/**
 * The normaliser of the von Mises-Fisher distribution: against a table made with 60 digits, closed forms and
 * identities.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  vonMisesFisherLogNormalizer as logNormalizer,
  logSphereArea,
  vonMisesFisherMeanResultantLength as meanResultantLength,
} from '../../lib/index.ts';
import { expectFailure, expectRelative, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';

type Row = [dimension: number, kappa: string, logNormalizer: string, meanResultantLength: string];

const tableFile = new URL('../conformance/vmf-normalizer.json', import.meta.url);
const table = JSON.parse(readFileSync(tableFile, 'utf8')) as { rows: Row[]; areas: [number, string][] };
const rows = table.rows.map(([n, ...numbers]) => [n, ...numbers.map(Number)] as [number, number, number, number]);

/** What the functions document. */
const DOCUMENTED = 2e-15;

/** N and kappa on logarithmic scales. */
const cases = fc.tuple(
  fc.double({ min: 0, max: 13, noNaN: true }).map((x) => Math.floor(2 ** x)),
  fc.double({ min: -6, max: 6, noNaN: true }).map((x) => 10 ** x),
);

describe('the table', () => {
  it('covers what the functions are made for', () => {
    expect(rows.length).toBeGreaterThan(500);
    for (const n of [2, 36, 784, 8192]) {
      const kappas = rows.filter(([dimension]) => dimension === n).map(([, kappa]) => kappa);
      expect([Math.min(...kappas), Math.max(...kappas)]).toEqual([1e-6, 2e5]);
      // On both sides of where the algorithm leaves the series.
      expect(kappas.some((kappa) => kappa > Math.sqrt(8 * n) && kappa < Math.sqrt(8 * n) * (1 + 1e-15))).toBe(true);
      expect(kappas.some((kappa) => kappa < Math.sqrt(8 * n) && kappa > Math.sqrt(8 * n) * (1 - 1e-15))).toBe(true);
    }
  });

  it.each([...new Set(rows.map(([n]) => n))])('agrees for N = %i', (n) => {
    const own = rows.filter(([dimension]) => dimension === n);
    const actual = own.map(([, kappa]) => logNormalizer(n, kappa));
    const lengths = own.map(([, kappa]) => meanResultantLength(n, kappa));
    expectRelative(
      'L',
      actual,
      own.map(([, , value]) => value),
      DOCUMENTED,
    );
    expectRelative(
      'A',
      lengths,
      own.map(([, , , value]) => value),
      DOCUMENTED,
    );
  });

  it('agrees on the areas of spheres', () => {
    // Areas pass 1 between N = 18 (1.48) and N = 19 (0.89), where rounding of the area is an absolute error of its
    // logarithm.
    const actual = table.areas.map(([n]) => logSphereArea(n));
    expectWithin(
      'log area',
      actual,
      table.areas.map(([, value]) => Number(value)),
      (i) => 2e-15 * Math.max(1, Math.abs(Number(table.areas[i]?.[1]))),
    );
  });

  it('has differences of L that are A', () => {
    // Pairs at 2 N and 2 N (1 + 2^-20): the central difference is off by h^2 L''' / 24 < 1e-13, and by the rounding of
    // L / h.
    for (const n of new Set(rows.map(([dimension]) => dimension))) {
      const own = rows.filter(([d, kappa]) => d === n && kappa >= 2 * n && kappa < 2 * n * (1 + 1e-5));
      const [a, b] = [own.at(0), own.at(-1)] as [(typeof rows)[0], (typeof rows)[0]];
      const h = b[1] - a[1];
      const difference = (logNormalizer(n, b[1]) - logNormalizer(n, a[1])) / h;
      const middle = meanResultantLength(n, a[1] + h / 2);
      expectWithin(`N = ${n}`, [difference], [middle], (4 * DOCUMENTED * a[2]) / h + 1e-12);
    }
  });
});

describe('closed forms', () => {
  const kappas = [1e-8, 1e-3, 0.1, 0.9, 1.9, 2.1, 4.1, 5, 10, 17, 40, 100, 300];

  it('N = 1: log cosh and tanh', () => {
    for (const kappa of kappas.slice(2)) {
      expectRelative('L', [logNormalizer(1, kappa)], [Math.log1p(2 * Math.sinh(kappa / 2) ** 2)], 1e-14);
      expectRelative('A', [meanResultantLength(1, kappa)], [Math.tanh(kappa)], DOCUMENTED);
    }
  });

  it('N = 2: the series of I_0 and I_1', () => {
    for (const kappa of kappas) {
      let [term, sum, weighted] = [1, 0, 0];
      for (let k = 1; k < 1000; k++) {
        term *= (kappa / 2 / k) ** 2;
        sum += term;
        weighted += k * term;
      }
      // Up to 300 terms of that size are summed, each with the roundings of its product.
      expectRelative('log I_0', [logNormalizer(2, kappa)], [Math.log1p(sum)], 1e-13);
      expectRelative('I_1 / I_0', [meanResultantLength(2, kappa)], [((2 / kappa) * weighted) / (1 + sum)], 1e-13);
    }
  });

  it('N = 3: log(sinh kappa / kappa) and coth kappa - 1 / kappa', () => {
    for (const kappa of [2, 3, 5, 17, 100, 2e5, 1e8, 1e12]) {
      const value = kappa + Math.log1p(-Math.exp(-2 * kappa)) - Math.log(2 * kappa);
      // Terms cancel to a third.
      expectRelative('L', [logNormalizer(3, kappa)], [value], 1e-14);
      expectRelative('A', [meanResultantLength(3, kappa)], [1 / Math.tanh(kappa) - 1 / kappa], 1e-14);
    }
  });

  it('small kappa: kappa^2 / 2N and kappa / N, down to the smallest numbers', () => {
    for (const n of [1, 2, 3, 17, 784, 8192]) {
      for (const kappa of [1e-9, 1e-100, 1e-150]) {
        expectRelative('L', [logNormalizer(n, kappa)], [(kappa / (2 * n)) * kappa], DOCUMENTED);
        expectRelative('A', [meanResultantLength(n, kappa)], [kappa / n], DOCUMENTED);
      }
      expectRelative('A', [meanResultantLength(n, 1e-300)], [1e-300 / n], DOCUMENTED);
      expect(logNormalizer(n, 1e-300)).toBe(0);
      expect([logNormalizer(n, 0), meanResultantLength(n, 0)]).toEqual([0, 0]);
    }
  });

  it('large kappa: Hankel expansion, up to the largest numbers', () => {
    for (const n of [1, 2, 5, 36]) {
      for (const kappa of [1e12, 1e50, 1e200, 1e308]) {
        // log I_nu = kappa - log(2 pi kappa) / 2 - ...: the next terms are below rounding.
        const nu = n / 2 - 1;
        const logGamma = Math.log(2) + (n / 2) * Math.log(Math.PI) - logSphereArea(n);
        const value = kappa - (nu + 0.5) * Math.log(kappa) + nu * Math.LN2 - Math.log(2 * Math.PI) / 2 + logGamma;
        expectRelative('L', [logNormalizer(n, kappa)], [value], 1e-14);
        expectRelative('A', [meanResultantLength(n, kappa)], [1 - (n - 1) / 2 / kappa], 1e-14);
      }
    }
  });

  it('areas: 2, 2 pi, 4 pi, 2 pi^2', () => {
    const areas = [2, 2 * Math.PI, 4 * Math.PI, 2 * Math.PI ** 2];
    expectRelative(
      'area',
      [1, 2, 3, 4].map(logSphereArea),
      areas.map((area) => Math.log(area)),
      1e-15,
    );
  });
});

describe('identities', () => {
  it('A_N = (kappa / N) Omega~_{N+2} / Omega~_N and A_N (N / kappa + A_{N+2}) = 1', async () => {
    await check(cases, 500, ([n, kappa]) => {
      const [lower, upper] = [logNormalizer(n, kappa), logNormalizer(n + 2, kappa)];
      const [a, next] = [meanResultantLength(n, kappa), meanResultantLength(n + 2, kappa)];
      expectWithin('recurrence', [a * (n / kappa + next)], [1], 4 * DOCUMENTED);
      // The exponential turns the rounding of L into a relative error.
      const ratio = (kappa / n) * Math.exp(upper - lower);
      expectRelative('ratio', [ratio], [a], 4 * DOCUMENTED * Math.max(1, lower));
    });
  });

  it('both grow with kappa and fall with N, within their limits', async () => {
    await check(cases, 500, ([n, kappa]) => {
      const [a, value] = [meanResultantLength(n, kappa), logNormalizer(n, kappa)];
      expect(a).toBeGreaterThan(0);
      expect(a).toBeLessThanOrEqual(1);
      expect(value).toBeLessThan(kappa);
      // kappa / (N/2 + sqrt(kappa^2 + N^2/4)) < A < kappa / (N/2 - 1/2 + sqrt(kappa^2 + (N/2 - 1/2)^2)) (Amos 1974; N >
      // 1).
      const half = n / 2;
      expect(a).toBeGreaterThan((kappa / (half + Math.hypot(kappa, half))) * (1 - DOCUMENTED));
      if (n > 1) expect(a).toBeLessThan((kappa / (half - 0.5 + Math.hypot(kappa, half - 0.5))) * (1 + DOCUMENTED));
      expect(meanResultantLength(n, kappa * 1.01)).toBeGreaterThanOrEqual(a);
      expect(logNormalizer(n, kappa * 1.01)).toBeGreaterThan(value);
      expect(meanResultantLength(n + 1, kappa)).toBeLessThanOrEqual(a);
      expect(logNormalizer(n + 1, kappa)).toBeLessThan(value);
    });
  });

  it('areas: that of N + 2 is 2 pi / N that of N', () => {
    for (let n = 1; n < 300; n++) {
      const difference = logSphereArea(n + 2) - logSphereArea(n);
      expectWithin(`N = ${n}`, [difference], [Math.log((2 * Math.PI) / n)], 1e-15 * Math.max(4, n));
    }
  });
});

describe('arguments', () => {
  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, '1', null, undefined])('refuse kappa = %s', async (kappa) => {
    for (const f of [logNormalizer, meanResultantLength]) {
      await expectFailure(
        () => f(3, kappa as number),
        'ERR_RANGE',
        /finite number of at least 0 for kappa but received/,
      );
    }
  });

  it.each([0, -2, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '3', undefined])('refuse N = %s', async (n) => {
    for (const f of [logNormalizer, meanResultantLength, logSphereArea]) {
      await expectFailure(() => f(n as number, 1), 'ERR_RANGE', /an integer from 1 to \d+ for dimension but received/);
    }
  });

  it('may be as large as they can be', () => {
    expect(logNormalizer(Number.MAX_SAFE_INTEGER, 1)).toBeCloseTo(0, 15);
    expect(logNormalizer(Number.MAX_SAFE_INTEGER, 1e300)).toBeLessThanOrEqual(1e300);
    expect(logSphereArea(Number.MAX_SAFE_INTEGER)).toBeLessThan(-1e17);
  });
});
