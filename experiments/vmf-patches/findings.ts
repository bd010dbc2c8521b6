/** Findings on latent classes. */

import { mean } from 'd3-array';
import type { Finding } from '../core/experiment.ts';
import { percent } from '../core/statistics.ts';
import { dominance } from './latentClasses.ts';
import type { PatchCount, PatchesMeasured, PatchModel } from './measures.ts';
import type { VmfPatchesSettings } from './settings.ts';

export const meanEntropy = ({ labels }: PatchModel) => mean(labels.entropies) as number;

export const used = ({ labels }: PatchModel) => new Set(labels.classes.filter((y) => y > 0)).size;

export function blankFinding({ count: { patches, blank }, models }: PatchesMeasured): Finding {
  const betas = models.map(({ blanks, trained }) => `${trained.memory.beta.toFixed(1)} with blank patches ${blanks}`);
  return {
    what: 'patches without contrast, and the trained beta',
    published: '',
    ours: `${percent(blank / patches)} of ${patches} patches are blank; beta ends at ${betas.join(', ')}`,
    verdict: 'not published',
  };
}

/** Significance level of the permutation test. */
const significance = 0.01;

/**
 * Chance alone is too little to ask for: among thousands of pairs it is excluded by overlaps that no one would see. Two
 * directions drawn at random in R^N overlap by 1 / sqrt(N), root mean square: memories of a class are to be more alike
 * than others by as much at least.
 */
const leastDifference = ({ patchSize }: VmfPatchesSettings) => 1 / patchSize;

/** Steps of descent: 60,000 digits of 144 patches, in minibatches of 1000, for ten epochs. */
const publishedSteps = 86_400;

export function findingsOf(model: PatchModel, count: PatchCount, settings: VmfPatchesSettings): Finding[] {
  const { labels, blanks } = model;
  const { classes } = settings;
  const entropy = `${meanEntropy(model).toFixed(3)} of at most ${Math.log(classes + 1).toFixed(3)}`;
  const where = `blank patches ${blanks}`;
  return [
    {
      what: `memories with a class of their own, ${where}`,
      published: '',
      ours: `${percent(labels.dominant)} have a class with more than ${percent(dominance)} of their weight; mean entropy ${entropy}; ${used(model)} of ${classes} classes are used`,
      verdict: 'not published',
    },
    { what: `what memories of a class have in common, ${where}`, ...likenessOf(model, count, settings) },
  ];
}

/** The paper leaves no patches out: that model is for comparison. */
function likenessOf(model: PatchModel, count: PatchCount, settings: VmfPatchesSettings): Omit<Finding, 'what'> {
  const { overlaps, blanks } = model;
  const least = leastDifference(settings);
  const ours = overlaps
    ? `mean overlap ${overlaps.within.toFixed(3)} within a class, ${overlaps.between.toFixed(3)} between classes, a difference of ${overlaps.difference.toFixed(3)} where ${least.toFixed(3)} is asked for; p = ${overlaps.pValue.toPrecision(2)} by dealing the classes out at random`
    : 'no two memories are of one class, or all are';
  if (blanks === 'left out') return { published: '', ours, verdict: 'not published' };
  const holds = overlaps !== null && overlaps.pValue <= significance && overlaps.difference >= least;
  return { published: 'latent classes of memories are reasonable', ours, ...verdict(holds, count, settings) };
}

/** Classes that are alike can be seen at any scale; where they are not, more steps may still part the memories. */
function verdict(
  holds: boolean,
  { patches }: PatchCount,
  { epochs, batchSize }: VmfPatchesSettings,
): Pick<Finding, 'verdict' | 'why'> {
  if (holds) return { verdict: 'reproduced' };
  const steps = Math.round((patches * epochs) / batchSize);
  return steps < publishedSteps
    ? { verdict: 'undetermined', why: `${steps} steps of descent, of ${publishedSteps} at the published scale` }
    : { verdict: 'not reproduced', why: 'memories of a class are not more alike than others' };
}
