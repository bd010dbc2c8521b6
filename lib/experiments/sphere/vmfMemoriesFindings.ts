import type { Finding } from '../experiment.ts';
import { percent } from '../shares.ts';
import { atPublishedScale, type DigitSettings, findingVerdict } from './digitModels.ts';
import type { ClassReconstruction } from './digitReconstruction.ts';
import type { MeasuredMemories, MeasuredModel } from './vmfMemories.ts';

/** At any scale: what memories are. At the published one, with its many units: how many are noise, and the fidelity. */
export function memoriesFindings(measured: MeasuredMemories, settings: DigitSettings): Finding[] {
  const { few, fixed, trained, patterns } = measured;
  const [lowest, highest] = [fixed[0], fixed.at(-1)] as [MeasuredModel, MeasuredModel];
  const [regularised, ...others] = trained as [MeasuredModel, ...MeasuredModel[]];
  const ofScale = [
    noiseFinding(highest),
    convergenceFinding(lowest, highest),
    cleanerFinding(regularised, highest),
    ...others.map((other) => runawayFinding(other, regularised)),
    ...fidelityFindings(regularised),
  ];
  return [
    fewFinding(few),
    ...ofScale.map((finding) => atPublishedScale(finding, settings)),
    diversityFinding(lowest, highest),
    softLabelFinding(regularised),
    patternsFinding(regularised, patterns),
  ];
}

const fewRows = 'fewer rows, units or epochs than the published ones';

function fewFinding({ name, noise, different, accuracy }: MeasuredModel): Finding {
  return {
    what: name,
    published: 'interpretable prototypes: all 25 memories are digits (figure 1)',
    ours: `${percent(noise)} are noise, ${different} are different; accuracy ${percent(accuracy)}`,
    ...findingVerdict(noise === 0, fewRows),
  };
}

/** At least one in ten. */
const many = 0.1;

function noiseFinding({ name, noise, idle }: MeasuredModel): Finding {
  return {
    what: `memories that stay noise, ${name}`,
    published: 'many stay stuck in noisy states that do not contribute to classification (figure 3)',
    ours: `${percent(noise)} are noise; ${percent(idle)} are the most similar one of no training digit`,
    ...findingVerdict(noise >= many && idle >= noise / 2, fewRows),
  };
}

function convergenceFinding(lowest: MeasuredModel, highest: MeasuredModel): Finding {
  return {
    what: `memories that stay noise, ${lowest.name} beside ${highest.name}`,
    published: 'a lower beta helps the memories converge (figure 3)',
    ours: `${percent(lowest.noise)} beside ${percent(highest.noise)}`,
    ...findingVerdict(lowest.noise < highest.noise / 2, fewRows),
  };
}

function diversityFinding(lowest: MeasuredModel, highest: MeasuredModel): Finding {
  const [few, more] = [lowest, highest].map(({ different }) => different) as [number, number];
  return {
    what: `different memories, ${lowest.name} beside ${highest.name}`,
    published: 'a lower beta reduces the diversity of the memories',
    ours: `${few} beside ${more}, noise not counted`,
    ...findingVerdict(few < more, fewRows),
  };
}

function cleanerFinding(trained: MeasuredModel, highest: MeasuredModel): Finding {
  return {
    what: `memories that stay noise, beta ${trained.name}`,
    published: 'much cleaner memories than with a fixed beta (figure 4)',
    ours: `${percent(trained.noise)}, beside ${percent(highest.noise)} with ${highest.name}; beta ${trained.model.memory.beta.toFixed(0)}`,
    ...findingVerdict(trained.noise < highest.noise / 2, fewRows),
  };
}

function runawayFinding(other: MeasuredModel, regularised: MeasuredModel): Finding {
  const beta = ({ model }: MeasuredModel) => model.memory.beta.toFixed(0);
  return {
    what: `memories that stay noise, beta ${other.name}`,
    published: 'beta increases so quickly that many memories still stay stuck in noisy states',
    ours: `${percent(other.noise)}; beta ${beta(other)} (${regularised.name}: ${beta(regularised)}), accuracy ${percent(other.accuracy)}`,
    ...findingVerdict(other.noise >= many && other.noise > regularised.noise, fewRows),
  };
}

/** A label describes a memory if it is that of the digit most like it: of nine memories in ten, as a few are between classes. */
const described = 0.9;

function softLabelFinding({ name, labelled, certainty }: MeasuredModel): Finding {
  return {
    what: `soft labels, beta ${name}`,
    published: 'the class weights of a memory over its share are its soft label (figure 4)',
    ours: `likeliest is the class of the training digit most like it for ${percent(labelled)} of the memories; it has ${percent(certainty)} in the median`,
    ...findingVerdict(labelled >= described, fewRows),
  };
}

/** Published, and how far ours may be from it: "approximately" is half a unit of what is printed, and two standard errors of 10,000 digits. */
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
      published: `approximately ${percent(published)}`,
      ours: percent(ours),
      ...findingVerdict(Math.abs(ours - published) <= tolerance, fewRows),
    };
  });
  // Half of the ten that "70 %" is rounded to, and two standard errors.
  const tolerance = 0.05 + 2 * Math.sqrt((wrongFidelity * (1 - wrongFidelity)) / Math.max(1, wrongCount));
  return [
    ...close,
    {
      what: what('digits that are classified wrong'),
      published: `approximately ${percent(wrongFidelity)}`,
      ours: wrong === null ? 'none is' : `${percent(wrong)} of ${wrongCount}`,
      ...findingVerdict(wrong !== null && Math.abs(wrong - wrongFidelity) <= tolerance, fewRows),
    },
  ];
}

/**
 * Of starts that look like the class. Softened labels give memories of other classes a weight in every class, too, and so minima of their own, into
 * which random directions fall more often.
 */
const ownClassShare = 0.95;

function patternsFinding({ name }: MeasuredModel, { random, digits }: MeasuredMemories['patterns']): Finding {
  const shown = ({ converged, ownClass, different }: ClassReconstruction) =>
    `${percent(converged)} converge, to ${Math.min(...different)} to ${Math.max(...different)} states a class, ${percent(ownClass)} of them classified as it`;
  const holds = random.converged === 1 && digits.converged === 1 && digits.ownClass >= ownClassShare;
  return {
    what: `patterns of a class as local minima of -log P(x | y), beta ${name}`,
    published: 'minima reconstruct patterns of the class (section 2.1)',
    ours: `from test digits of the class ${shown(digits)}; from random directions ${shown(random)}`,
    ...findingVerdict(holds, 'minima belong to memories of other classes'),
  };
}
