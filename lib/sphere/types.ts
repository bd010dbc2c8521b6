import type { Seed } from '../core/random.ts';
import type { CallOptions, FloatArray, Vectors } from '../core/types.ts';
import type { IntegerArray } from '../io/numbers.ts';
import type { FilePath } from '../io/path.ts';

/**
 * What a von Mises-Fisher memory is made of. Class 0 is "none", classes 1 to `classes` are the others; unit 0 is the
 * background, the uniform distribution on the sphere, and unit mu >= 1 has memory mu - 1.
 */
export interface VonMisesFisherParameters {
  /** N: numbers in a direction. */
  readonly dimension: number;
  /** P. */
  readonly hiddenUnits: number;
  /** C, without "none". */
  readonly classes: number;
  /** Inverse temperature, above 0. */
  readonly beta: number;
  /** The effective inverse temperature is betaScale x beta; above 0. 1 makes the model a probability density. */
  readonly betaScale: number;
  /** P x N, rows of norm 1. Their precision is that of the model. */
  readonly memories: FloatArray;
  /** Joint probabilities of unit and class, (P + 1) x (C + 1), with sum 1. */
  readonly classWeights: ClassWeights;
}

/** A row-major table of joint probabilities: row 0 for the background, column 0 for the class "none". */
export interface ClassWeights {
  /** P + 1. */
  readonly rows: number;
  /** C + 1. */
  readonly columns: number;
  /** rows x columns. */
  readonly data: FloatArray;
}

/** Directions to train on: rows of norm 1, or of zeros where there is nothing to see. {@link toSphere} makes them. */
export interface SphereTrainingData extends Vectors {
  /** C, without "none". */
  readonly classes: number;
  /**
   * The class of each row, 1 to C, or 0 for none: integers in an array of any type, such as those that `readNpy` and
   * `readNpz` give. Without labels training is unsupervised.
   */
  readonly labels?: FloatArray | IntegerArray | readonly number[] | undefined;
}

/** One pass over the training rows. */
export interface EpochRecord {
  /** Which one, from 1. */
  readonly epoch: number;
  /** How many hidden units the model had. */
  readonly hiddenUnits: number;
  /** The inverse temperature at its end. */
  readonly beta: number;
  /** Mean of -sum_y q_y log P(x, y) over the training rows, each taken when its batch was seen; natural logarithms. */
  readonly loss: number;
  /** Share of the training rows whose likeliest class was theirs; 0 in unsupervised training. */
  readonly accuracy: number;
  /** Loss and accuracy of the validation rows at the end of the epoch; NaN where there are none. */
  readonly validationLoss: number;
  readonly validationAccuracy: number;
  /** Seconds of training so far, those before a resumption included; setting up and saving left out. */
  readonly seconds: number;
}

/** Growing the network by splitting steepest descent (Thériault and Tantari 2025, section 4.3 and appendix K). */
export interface SplittingOptions {
  /** How many hidden units there are at first, from 1 to `hiddenUnits`. */
  readonly from: number;
  /**
   * Units to split at most, as a share of those that there are; above 0, at most 1. Default 1: all, the number doubles.
   */
  readonly fraction?: number | undefined;
  /**
   * Only units whose splitting matrix has an eigenvalue below it are split; at most 0. With 0 the network stops growing
   * where no unit is unstable. Default: no threshold, the published setting; those with the most negative eigenvalues
   * come first.
   */
  readonly threshold?: number | undefined;
  /**
   * How far both halves of a unit move from it along the eigenvector, before they are put back on the sphere. Default
   * 0.25.
   */
  readonly distance?: number | undefined;
  /**
   * Epochs between two splits at most. Default: no limit but `maxEpochs`, a split comes when the validation loss stops
   * falling (`patience`). Needed where there are no validation rows.
   */
  readonly epochs?: number | undefined;
  /** Training rows, drawn at random, that the eigenvectors are found from, at most. Default 10,000. */
  readonly rows?: number | undefined;
  /** Passes of power iteration over them. Default 6. */
  readonly passes?: number | undefined;
}

/** Options of every training call. */
export interface TrainingCallOptions extends CallOptions {
  /**
   * Told of every epoch as it ends; `parameters` gives a copy of what the model was then, before a split that may
   * follow.
   */
  readonly onEpoch?: ((record: EpochRecord, parameters: () => VonMisesFisherParameters) => void) | undefined;
}

export interface TrainOptions extends TrainingCallOptions {
  /** P, from 1 to the number of training rows. */
  readonly hiddenUnits: number;
  /**
   * A number: the inverse temperature is fixed. `{ trainedFrom }`: it begins there and is trained with the rest.
   * Default `{ trainedFrom: 1 }`.
   */
  readonly beta?: number | { readonly trainedFrom: number } | undefined;
  /**
   * The paper's sigma, above 0. Default 0.25 where beta is trained (below 1 it keeps beta from running away), else 1.
   * With few rows or in few dimensions 0.25 can leave beta too low to tell clusters apart: use more, up to 1, or fix
   * beta.
   */
  readonly betaScale?: number | undefined;
  /**
   * Share of every label that is spread evenly over all classes, "none" too; from 0 to 1. Default 0.1. Only with
   * labels.
   */
  readonly labelSoftening?: number | undefined;
  /**
   * The softening of the model's own predictions, which stand for the labels in unsupervised training. Default 0.01.
   */
  readonly posteriorSoftening?: number | undefined;
  /**
   * The probability of every class, C + 1 numbers that are not negative, with sum 1 (to 1e-5, as float32 leaves it;
   * they are divided by their sum). Default: the shares of the softened labels; in unsupervised training shares that
   * rise from class to class up to twice the first, since equal classes would stay equal.
   */
  readonly classShares?: ArrayLike<number> | undefined;
  /** How many hidden units the background counts as; at least 0. Default 1. */
  readonly background?: number | undefined;
  /**
   * Rows in a minibatch. Default 1000, or a twentieth of the training rows where that is less: an epoch needs tens of
   * steps.
   */
  readonly batchSize?: number | undefined;
  /** It enters twice: v <- momentum v - learningRate x gradient, then x <- x + learningRate v. Default 0.1. */
  readonly learningRate?: number | undefined;
  /** From 0 to less than 1. Default 0.99. */
  readonly momentum?: number | undefined;
  /** Epochs in all, at most. Default 300. */
  readonly maxEpochs?: number | undefined;
  /**
   * Epochs in a row without a lower validation loss that end training, or lead to the next split. Default 1. While a
   * trained beta is near zero (`betaScale` x beta up to 1) or swings through it, where the loss rises and falls with
   * it, at least as many as make a swing ten times smaller: 2 ln 0.1 / ln momentum steps, rounded up to epochs.
   */
  readonly patience?: number | undefined;
  /**
   * Share of the rows, from the end, that is kept for validation; from 0 to less than 1, above 0 at least a row.
   * Default 0.1.
   */
  readonly validationShare?: number | undefined;
  /** Grow the network instead of starting with all units. */
  readonly splitting?: SplittingOptions | undefined;
  /**
   * Where the memories begin: as many rows of norm 1 as there are units at first, a copy of them in the precision of
   * the data. Default: uniformly distributed on the sphere.
   */
  readonly initialMemories?: FloatArray | undefined;
  /** Seed of all random choices. Default 0. */
  readonly seed?: Seed | undefined;
  /**
   * A file to keep the state in, written anew (whatever it held) after every epoch; see
   * {@link VonMisesFisherMemory.resume}.
   */
  readonly checkpoint?: FilePath | undefined;
}
