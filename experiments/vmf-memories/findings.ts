import { max, min } from 'd3-array';
import type { Finding } from '../core/experiment.ts';
import { comparedIf, findingVerdict } from '../core/findings.ts';
import { percent } from '../core/statistics.ts';
import { atPublishedScale, type BetaChoice, betaName, ofDigits, otherTraining } from '../shared/sphere/digitModels.ts';
import type { MeasuredMemories, MeasuredModel } from './measures.ts';
import type { ClassReconstruction } from './reconstruction.ts';
import type { VmfMemoriesSettings } from './settings.ts';

/** Model of the figures. */
export const few = { units: 25, beta: 16 } as const;

const low: BetaChoice = { beta: 6 };

const high: BetaChoice = { beta: 18 };

const suitable: BetaChoice = { betaScale: 0.25 };

/** The loss without regularisation. */
const plain: BetaChoice = { betaScale: 1 };

/**
 * Findings on the nature of memories at any scale, and on noise and fidelity at the published one, with its many units.
 */
export function memoriesFindings(measured: MeasuredMemories, settings: VmfMemoriesSettings): Finding[] {
  const { fixed, trained, patterns } = measured;
  const [lowest, highest] = [fixed[0], fixed.at(-1)] as [MeasuredModel, MeasuredModel];
  const [regularised, ...others] = trained as [MeasuredModel, ...MeasuredModel[]];
  const ofScale = [
    comparedWith(noiseFinding(highest), [highest, high]),
    comparedWith(convergenceFinding(lowest, highest), [lowest, low], [highest, high]),
    comparedWith(cleanerFinding(regularised, highest), [regularised, suitable], [highest, high]),
    ...others.map((other) => comparedWith(runawayFinding(other, regularised), [other, plain], [regularised, suitable])),
    ...fidelityFindings(regularised).map((finding) => comparedWith(finding, [regularised, suitable])),
  ];
  const ofAnyScale = [
    comparedWith(diversityFinding(lowest, highest), [lowest, low], [highest, high]),
    comparedWith(softLabelFinding(regularised), [regularised, suitable]),
  ];
  return [
    ofDigits(fewFinding(measured.few, settings), settings),
    ...ofScale.map((finding) => atPublishedScale(finding, settings)),
    ...ofAnyScale.map((finding) => ofDigits(finding, settings)),
    patternsFinding(regularised, patterns),
  ];
}

/** A finding about models, each beside the choice of beta of which the paper says it. */
function comparedWith(finding: Finding, ...models: (readonly [MeasuredModel, BetaChoice])[]): Finding {
  const isSame = models.every(([{ choice }, published]) => betaName(choice) === betaName(published));
  const names = models.map(([, published]) => betaName(published));
  return comparedIf(isSame, `the paper says it of ${names.join(' and ')}`, finding);
}

const fewRows = 'fewer rows, units or epochs than the published ones';

function fewFinding({ name, noise, different, accuracy }: MeasuredModel, settings: VmfMemoriesSettings): Finding {
  const isPublished = settings.fewUnits === few.units && settings.fewBeta === few.beta;
  return comparedIf(isPublished, `the paper shows ${few.units} memories at beta ${few.beta}`, {
    what: name,
    published: 'prototypes of digits, as all of them in figure 1 are',
    ours: `${percent(noise)} are noise, ${different} are different; accuracy ${percent(accuracy)}`,
    ...findingVerdict(noise === 0, fewRows),
  });
}

/** Least share that counts as many. */
const many = 0.1;

/** Nearly all: nine in ten, as a few are in between. */
const most = 0.9;

function noiseFinding({ name, noise, idleNoise }: MeasuredModel): Finding {
  const idle =
    idleNoise === null ? '' : `; ${percent(idleNoise)} of these are the most similar memory of no training digit`;
  return {
    what: `memories that stay noise, ${name}`,
    published: 'many, and they have no part in classifying (figure 3)',
    ours: `${percent(noise)} are noise${idle}`,
    ...findingVerdict(noise >= many && (idleNoise ?? 0) >= most, otherTraining),
  };
}

function convergenceFinding(lowest: MeasuredModel, highest: MeasuredModel): Finding {
  return {
    what: `memories that stay noise, ${lowest.name} beside ${highest.name}`,
    published: 'fewer at a lower beta (figure 3)',
    ours: `${percent(lowest.noise)} beside ${percent(highest.noise)}`,
    ...findingVerdict(lowest.noise < highest.noise / 2, otherTraining),
  };
}

function diversityFinding(lowest: MeasuredModel, highest: MeasuredModel): Finding {
  const [less, more] = [lowest, highest].map(({ different }) => different) as [number, number];
  return {
    what: `different memories, ${lowest.name} beside ${highest.name}`,
    published: 'less diverse at a lower beta',
    ours: `${less} beside ${more}, noise not counted`,
    ...findingVerdict(less < more, fewRows),
  };
}

function cleanerFinding(trained: MeasuredModel, highest: MeasuredModel): Finding {
  return {
    what: `memories that stay noise, beta ${trained.name}`,
    published: 'far fewer than with a fixed beta (figure 4)',
    ours: `${percent(trained.noise)}, beside ${percent(highest.noise)} with ${highest.name}; beta ${trained.model.memory.beta.toFixed(0)}`,
    ...findingVerdict(trained.noise < highest.noise / 2, otherTraining),
  };
}

function runawayFinding(other: MeasuredModel, regularised: MeasuredModel): Finding {
  const beta = ({ model }: MeasuredModel) => model.memory.beta.toFixed(0);
  return {
    what: `memories that stay noise, beta ${other.name}`,
    published: 'many, as beta grows too fast',
    ours: `${percent(other.noise)}; beta ${beta(other)} (${regularised.name}: ${beta(regularised)}), accuracy ${percent(other.accuracy)}`,
    ...findingVerdict(other.noise >= many && other.noise > regularised.noise, otherTraining),
  };
}

/** A label describes a memory if it is that of the digit most like it. */
function softLabelFinding({ name, labelled, certainty }: MeasuredModel): Finding {
  return {
    what: `soft labels, beta ${name}`,
    published: "a memory's class weights say which class it is of (figure 4)",
    ours: `likeliest is the class of the training digit most like it for ${percent(labelled)} of the memories; it has ${percent(certainty)} in the median`,
    ...findingVerdict(labelled >= most, fewRows),
  };
}

/**
 * Published fidelities and tolerances: half a unit of the last printed digit, for rounding, and two standard errors of
 * 10,000 digits.
 */
const fidelities = {
  fidelity: { of: 'test digits', published: 0.98, tolerance: 0.01 },
  right: { of: 'digits that are classified right', published: 0.99, tolerance: 0.01 },
} as const;

const wrongFidelity = 0.7;

function fidelityFindings(model: MeasuredModel): Finding[] {
  const { name, wrong, wrongCount } = model;
  const what = (of: string) => `given the class of the most similar memory, ${of}, beta ${name}`;
  const close = (['fidelity', 'right'] as const).map((key) => {
    const { of, published, tolerance } = fidelities[key];
    const ours = model[key] ?? 0;
    return {
      what: what(of),
      published: `about ${percent(published)}`,
      ours: percent(ours),
      ...findingVerdict(Math.abs(ours - published) <= tolerance, otherTraining),
    };
  });
  // Half of the ten that "70 %" is rounded to, and two standard errors.
  const tolerance = 0.05 + 2 * Math.sqrt((wrongFidelity * (1 - wrongFidelity)) / Math.max(1, wrongCount));
  return [
    ...close,
    {
      what: what('digits that are classified wrong'),
      published: `about ${percent(wrongFidelity)}`,
      ours: wrong === null ? 'none is' : `${percent(wrong)} of ${wrongCount}`,
      ...findingVerdict(wrong !== null && Math.abs(wrong - wrongFidelity) <= tolerance, otherTraining),
    },
  ];
}

/**
 * The paper says that such minima are patterns of the class, but neither from which starts nor how many: there is
 * nothing to compare with.
 */
function patternsFinding({ name }: MeasuredModel, { random, digits }: MeasuredMemories['patterns']): Finding {
  const shown = ({ converged, ownClass, different }: ClassReconstruction) =>
    `${percent(converged)} converge, to ${min(different)} to ${max(different)} states a class, ${percent(ownClass)} of them classified as it`;
  return {
    what: `patterns of a class as local minima of -log P(x | y), beta ${name}`,
    published: '',
    ours: `from test digits of the class ${shown(digits)}; from random directions ${shown(random)}`,
    verdict: 'not published',
  };
}
