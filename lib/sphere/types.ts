import type { Seed } from '../core/random.ts';
import type { CallOptions, FloatArray, Vectors } from '../core/types.ts';
import type { IntegerArray } from '../io/numbers.ts';
import type { FilePath } from '../io/path.ts';

/**
 * Parameters of a von Mises-Fisher memory. Class 0 is "none", classes 1 to `classes` are the others; unit 0 is the
 * background, the uniform distribution on the sphere, and unit mu >= 1 has memory mu - 1.
 */
export interface VonMisesFisherParameters {
  /** The dimension N of the directions. */
  readonly dimension: number;
  /** The number P of hidden units. */
  readonly hiddenUnits: number;
  /** The number C of classes, without "none". */
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

/** Training data: rows of norm 1, or of zeros for data without a direction. {@link toSphere} makes them. */
export interface SphereTrainingData extends Vectors {
  /** The number C of classes, without "none". */
  readonly classes: number;
  /**
   * The class of each row, 1 to C, or 0 for none: integers in an array of any type, such as those that `readNpy` and
   * `readNpz` give. Without labels training is unsupervised.
   */
  readonly labels?: FloatArray | IntegerArray | readonly number[] | undefined;
}

/** Record of one epoch, a pass over the training rows. */
export interface EpochRecord {
  /** Number of the epoch, from 1. */
  readonly epoch: number;
  /** Number of the model's hidden units. */
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

/** Growth of the network by splitting steepest descent (Thériault and Tantari 2025, section 4.3 and appendix K). */
export interface SplittingOptions {
  /** Number of hidden units at first, from 1 to `hiddenUnits`. */
  readonly from: number;
  /** Greatest share of the units to split; above 0, at most 1. Default 1: all of them, the number doubles. */
  readonly fraction?: number | undefined;
  /**
   * Upper limit for the eigenvalue of units to split, at most 0. With 0 the network stops growing when no unit is
   * unstable. Default: no threshold, the published setting. Units with the most negative eigenvalues come first.
   */
  readonly threshold?: number | undefined;
  /** Distance of both halves of a unit from it along the eigenvector, before normalisation. Default 0.25. */
  readonly distance?: number | undefined;
  /**
   * Maximum number of epochs between two splits. Default: a split comes when the validation loss stops falling
   * (`patience`). Required without validation rows.
   */
  readonly epochs?: number | undefined;
  /** Maximum number of training rows, drawn at random, for the eigenvectors. Default 10,000. */
  readonly rows?: number | undefined;
  /** Passes of power iteration over these rows. Default 6. */
  readonly passes?: number | undefined;
}

/** Options of every training call. */
export interface TrainingCallOptions extends CallOptions {
  /**
   * Callback at the end of every epoch; `parameters` returns a copy of the model at that time, before a possible split.
   */
  readonly onEpoch?: ((record: EpochRecord, parameters: () => VonMisesFisherParameters) => void) | undefined;
}

export interface TrainOptions extends TrainingCallOptions {
  /** The number P of hidden units, from 1 to the number of training rows. */
  readonly hiddenUnits: number;
  /**
   * The inverse temperature: a number fixes it; `{ trainedFrom }` is its start value, and it is trained with the rest.
   * Default `{ trainedFrom: 1 }`.
   */
  readonly beta?: number | { readonly trainedFrom: number } | undefined;
  /**
   * The paper's sigma, above 0. Default 0.25 where beta is trained (values below 1 keep beta from diverging), else 1.
   * With few rows or in few dimensions 0.25 can leave beta too low to separate clusters: use more, up to 1, or fix
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
  /** Weight of the background in hidden units, at least 0. Default 1. */
  readonly background?: number | undefined;
  /**
   * Rows in a minibatch. Default 1000, or a twentieth of the training rows if that is less: an epoch needs tens of
   * steps.
   */
  readonly batchSize?: number | undefined;
  /**
   * Learning rate, which enters twice: v <- momentum v - learningRate x gradient, then x <- x + learningRate v. Default
   * 0.1.
   */
  readonly learningRate?: number | undefined;
  /** Momentum, from 0 to less than 1. Default 0.99. */
  readonly momentum?: number | undefined;
  /** Maximum number of epochs. Default 300. */
  readonly maxEpochs?: number | undefined;
  /**
   * Epochs in a row without a lower validation loss that end training, or lead to the next split. Default 1. While a
   * trained beta is near zero (`betaScale` x beta up to 1) or oscillates about it, and the loss with it, patience lasts
   * until friction has made an oscillation ten times smaller: at least 2 ln 0.1 / ln momentum steps, rounded up to
   * epochs.
   */
  readonly patience?: number | undefined;
  /**
   * Share of the rows, from the end, kept for validation, from 0 to less than 1; any positive share keeps at least a
   * row. Default 0.1.
   */
  readonly validationShare?: number | undefined;
  /** Growth of the network instead of a start with all units. */
  readonly splitting?: SplittingOptions | undefined;
  /**
   * Initial memories: a row of norm 1 for each initial unit, copied in the precision of the data. Default: uniformly
   * distributed on the sphere.
   */
  readonly initialMemories?: FloatArray | undefined;
  /**
   * `mixed`: the weighted sums of rows are products in bfloat16 with sums in float32, which changes gradients by a
   * thousandth; so are the scores as long as betaScale x beta times their error, 0.0026 / sqrt(N), is below 0.01.
   * Validation and splitting stay in float32. For rows of float32 alone. A processor without such products
   * (AVX512-BF16) computes as without the option, in float32. Default: the precision of the rows.
   */
  readonly precision?: 'mixed' | undefined;
  /** Seed of all random choices. Default 0. */
  readonly seed?: Seed | undefined;
  /** File of the training state, overwritten after every epoch; see {@link VonMisesFisherMemory.resume}. */
  readonly checkpoint?: FilePath | undefined;
}
