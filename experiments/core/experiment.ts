import type { ExperimentOptions } from './stages.ts';

/**
 * Settings of an experiment: numbers, strings, booleans and arrays of them. Its results contain them, and they name its
 * finished parts.
 */
export interface ExperimentSettings {
  /** Seed of all random choices. */
  readonly seed: number;
}

/**
 * Store of the finished parts of an experiment. An interrupted experiment that runs again with the same settings takes
 * them from here and continues with the rest.
 */
export interface PartStore {
  /**
   * The finished part of this name (letters, digits, dashes), or the result of `compute`, which is then kept. Plain
   * JSON values only.
   */
  part<T>(name: string, compute: () => Promise<T>): Promise<T>;
  /**
   * Keeps a part that only `choices`, plain JSON values, determine and not the other settings: experiments share it,
   * such as a trained model.
   */
  sharedPart<T>(name: string, choices: object, compute: () => Promise<T>): Promise<T>;
}

export interface ExperimentContext extends ExperimentOptions {
  readonly parts: PartStore;
}

/** One experiment of a paper, for the command line, the report and the tests. */
export interface Experiment<Settings extends ExperimentSettings = ExperimentSettings> {
  /** Name in `denseam experiment run <id>`. */
  readonly id: string;
  readonly title: string;
  /** The procedure and the measured quantities; a line becomes a paragraph of the report. */
  readonly summary: string;
  /** The paper and the place of the result: "Tankala and Balasubramanian 2026, figure 2". */
  readonly source: string;
  /** Published scale. */
  readonly settings: Settings;
  /** Small scale, under 20 seconds. */
  readonly quick: Settings;
  /** About how long the published scale takes on two cores, in seconds: the weight in the progress of several. */
  readonly seconds: number;
  /**
   * Equal settings give equal results, to the last digit, on any number of threads: only tables marked
   * {@link ResultTable.isMeasured} hold times, and nothing else depends on the machine. Coordinates of UMAP depend also
   * on the version of Node.
   *
   * @throws DenseamError; the signal's reason.
   */
  run(settings: Settings, context: ExperimentContext): Promise<ExperimentResult>;
}

export interface ExperimentResult {
  /** Published results beside those of this run. */
  readonly findings: readonly Finding[];
  /** All numbers, for files and for the charts. */
  readonly tables: readonly ResultTable[];
  readonly charts: readonly ResultChart[];
  readonly pictures: readonly ResultPictures[];
}

/** `undetermined`: a run of this size does not decide. */
export type Verdict = 'reproduced' | 'not reproduced' | 'undetermined' | 'not published';

export interface Finding {
  /** Compared quantity: "recovered after one step at beta 2, d = 10". */
  readonly what: string;
  /** The paper's value or claim; an empty string if it has none. */
  readonly published: string;
  readonly ours: string;
  readonly verdict: Verdict;
  /** Reason why it is not reproduced or undetermined, as far as is known. */
  readonly why?: string;
}

export type Cell = number | string | null;

export interface ResultTable {
  /** File name without its ending; charts refer to it. */
  readonly name: string;
  readonly title: string;
  /**
   * `name` heads the column in files and is the field in charts, `title` is for readers; `format` is d3's for numbers.
   */
  readonly columns: readonly { readonly name: string; readonly title: string; readonly format?: string }[];
  readonly rows: readonly (readonly Cell[])[];
  /** Whether the table holds raw numbers, better read in a chart: they are in files, but not on the page. */
  readonly isRaw?: boolean;
  /**
   * Whether the table holds times, which differ between runs and machines. They are kept apart from the reproducible
   * results.
   */
  readonly isMeasured?: boolean;
}

export interface ResultChart {
  /** File name without its ending. */
  readonly name: string;
  readonly title: string;
  /** Description of the chart in a sentence, for readers who do not see it. */
  readonly description: string;
  /** Name of its table. */
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
  /** Number of pictures in a row. */
  readonly columns: number;
  readonly images: readonly {
    readonly pixels: readonly number[];
    /** Mask of present (1) and missing (0) pixels. Default: all present. */
    readonly mask?: readonly number[];
    readonly caption?: string;
  }[];
}
