/** Findings on table 1 and its text. */

import { max } from 'd3-array';
import type { Finding } from '../core/experiment.ts';
import { comparedIf, findingVerdict } from '../core/findings.ts';
import { percent } from '../core/statistics.ts';
import {
  atPublishedScale,
  type BetaChoice,
  betaName,
  type DigitSettings,
  ofDigits,
  otherTraining,
} from '../shared/sphere/digitModels.ts';
import type { MeasuredBeta } from './measures.ts';

/** Table 1, "rounded down to two significant figures": by beta, and by sigma where beta is trained. */
const published = {
  beta: new Map([
    [6, 0.79],
    [10, 0.85],
    [14, 0.89],
    [18, 0.91],
  ]),
  betaScale: new Map([[0.25, 0.96]]),
};

/** Greatest error of numbers rounded down. */
export const rounding = 0.01;

/** Beyond it: about two standard errors of a share of 10,000 test digits, and other random starts. */
const tolerance = 0.01;

export function publishedAccuracy(choice: BetaChoice): number | undefined {
  return 'beta' in choice ? published.beta.get(choice.beta) : published.betaScale.get(choice.betaScale);
}

/** @internal Beside table 1, where the settings are its. */
export function accuracyFinding(row: MeasuredBeta, settings: DigitSettings): Finding {
  const { choice, accuracy, name, beta, history, kept } = row;
  const expected = publishedAccuracy(choice);
  const what = `test accuracy, ${name}`;
  const trained = 'betaScale' in choice ? `, beta ${beta.toFixed(0)} in the end` : '';
  const ours = `${percent(accuracy)} (${history.length} epochs, the model of epoch ${kept.epoch}${trained})`;
  if (expected === undefined) return { what, published: '', ours, verdict: 'not published' };
  const holds = accuracy >= expected - tolerance && accuracy < expected + rounding + tolerance;
  const finding = {
    what,
    published: `${percent(expected)}, rounded down`,
    ours,
    ...findingVerdict(holds, otherTraining),
  };
  return atPublishedScale(finding, settings);
}

/** Fewer do not show that something rises step by step. */
const leastSteps = 3;

/**
 * @internal What the text says of the table: the lower beta, the lower the accuracy; trained with a suitable sigma, it
 * is much better.
 */
export function orderFindings(rows: readonly MeasuredBeta[], settings: DigitSettings): Finding[] {
  const fixed = rows.filter(({ choice }) => 'beta' in choice);
  const regularised = rows.find(({ choice }) => 'betaScale' in choice) as MeasuredBeta;
  return [ofDigits(riseFinding(fixed), settings), atPublishedScale(errorsFinding(fixed, regularised), settings)];
}

function riseFinding(fixed: readonly MeasuredBeta[]): Finding {
  const rises = fixed.every(({ accuracy }, at) => at === 0 || accuracy > (fixed[at - 1] as MeasuredBeta).accuracy);
  const tooFew = `it takes ${leastSteps} fixed beta at least to see whether accuracy rises step by step`;
  return comparedIf(fixed.length >= leastSteps, tooFew, {
    what: 'accuracy against a fixed beta',
    published: 'step by step, accuracy falls with a fixed beta',
    ours: fixed.map(({ name, accuracy }) => `${name}: ${percent(accuracy)}`).join(', '),
    ...findingVerdict(rises, 'fewer units or rows favour smoother memories'),
  });
}

/** Table 1's best fixed beta, and its sigma. */
const compared = { beta: 18, betaScale: 0.25 } as const;

function errorsFinding(fixed: readonly MeasuredBeta[], { name, choice, accuracy }: MeasuredBeta): Finding {
  const [errors, fixedErrors] = [1 - accuracy, 1 - (max(fixed, ({ accuracy }) => accuracy) as number)];
  const isCompared =
    betaName(choice) === betaName({ betaScale: compared.betaScale }) &&
    fixed.some(({ choice }) => betaName(choice) === betaName({ beta: compared.beta }));
  return comparedIf(isCompared, `the paper says it of sigma ${compared.betaScale} and beta ${compared.beta}`, {
    what: `errors beside those of the best fixed beta, ${name}`,
    published: 'fewer than half of them: 4 % of the digits instead of 9 %',
    ours: `${percent(errors)} against ${percent(fixedErrors)}`,
    // The published accuracies are rounded down and ours have another seed: that leaves room up to two thirds.
    ...findingVerdict(errors < (2 / 3) * fixedErrors, otherTraining),
  });
}
