import type { ExperimentOptions } from './stages.ts';

/**
 * What an experiment is run with: numbers, strings, booleans and arrays of them. Settings are written into its results
 * and name its finished parts.
 */
export interface ExperimentSettings {
  /** What all random choices follow from. */
  readonly seed: number;
}

/**
 * Finished parts of an experiment. One that was interrupted and is run again with the same settings finds them there
 * and goes on with the rest.
 */
export interface PartStore {
  /**
   * The part of this name (letters, digits, dashes) if it is finished, else what `compute` gives, kept from then on.
   * Plain JSON values only.
   */
  part<T>(name: string, compute: () => Promise<T>): Promise<T>;
  /**
   * Keeps a part that is decided by `choices` alone, plain JSON values, whatever other settings the experiment
   * has: one that experiments share, such as a trained model.
   */
  sharedPart<T>(name: string, choices: object, compute: () => Promise<T>): Promise<T>;
}

export interface ExperimentContext extends ExperimentOptions {
  readonly parts: PartStore;
}

/** One experiment of a paper, as the command line, the report and the tests take it. */
export interface Experiment<Settings extends ExperimentSettings = ExperimentSettings> {
  /** As in `denseam experiment run <id>`. */
  readonly id: string;
  readonly title: string;
  /** A sentence: what is done and measured. */
  readonly summary: string;
  /** The paper, and where in it the result is: "Tankala and Balasubramanian 2026, figure 2". */
  readonly source: string;
  /** Published scale. */
  readonly settings: Settings;
  /** Small scale, under 20 seconds. */
  readonly quick: Settings;
  /** About how long the published scale takes on two cores, in seconds: the weight in the progress of several. */
  readonly seconds: number;
  /**
   * Equal settings give equal results, to the last digit, on any number of threads: only tables that say so
   * ({@link ResultTable.isMeasured}) hold times, and nothing is of the machine. Coordinates of UMAP are also of the
   * version of Node.
   *
   * @throws DenseamError; the signal's reason.
   */
  run(settings: Settings, context: ExperimentContext): Promise<ExperimentResult>;
}

export interface ExperimentResult {
  /** What was published beside what was found. */
  readonly findings: readonly Finding[];
  /** All numbers, for files and for the charts. */
  readonly tables: readonly ResultTable[];
  readonly charts: readonly ResultChart[];
  readonly pictures: readonly ResultPictures[];
}

/** `undetermined`: a run of this size does not tell. */
export type Verdict = 'reproduced' | 'not reproduced' | 'undetermined' | 'not published';

export interface Finding {
  /** What is compared: "recovered after one step at beta 2, d = 10". */
  readonly what: string;
  /** As the paper says it; of what it does not say, an empty string. */
  readonly published: string;
  readonly ours: string;
  readonly verdict: Verdict;
  /** Where it is not reproduced, or undetermined: why, as far as is known. */
  readonly why?: string;
}

export type Cell = number | string | null;

export interface ResultTable {
  /** File name without its ending; charts refer to it. */
  readonly name: string;
  readonly title: string;
  /**
   * `name` heads the column in files and is the field in charts, `title` is for people; `format`, of numbers, is d3's.
   */
  readonly columns: readonly { readonly name: string; readonly title: string; readonly format?: string }[];
  readonly rows: readonly (readonly Cell[])[];
  /** Raw numbers that people would rather look at in a chart are in files, but not on the page. */
  readonly isRaw?: boolean;
  /** Times: on another run or machine they are others. They are kept apart from what every run gives again. */
  readonly isMeasured?: boolean;
}

export interface ResultChart {
  /** File name without its ending. */
  readonly name: string;
  readonly title: string;
  /** What the chart shows in a sentence, for those who do not see it. */
  readonly description: string;
  /** Name of the table that it draws. */
  readonly table: string;
  /** vega-lite, without data, title, size and configuration: the page gives it these. */
  readonly specification: object;
}

/** Small greyscale images in a grid. */
export interface ResultPictures {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Pixels of every image, by rows, each from 0 to 255. */
  readonly width: number;
  readonly height: number;
  /** How many stand side by side. */
  readonly columns: number;
  readonly images: readonly {
    readonly pixels: readonly number[];
    /** Which pixels are there (1) and which are missing (0); all, if left out. */
    readonly mask?: readonly number[];
    readonly caption?: string;
  }[];
}
