import type * as library from '../lib/index.ts';
import type { Bare } from './bare.ts';
import type { Spread } from './timing.ts';

/** What a figure must not exceed, or must reach. */
export type Bar = { readonly atMost: number } | { readonly atLeast: number };

/** One claim: a figure, what it is measured against, and the bar it is held to, if any. */
export interface Figure {
  readonly name: string;
  /** What the value is: "time / bare LAPACK". */
  readonly measure: string;
  readonly unit: 'x' | '%' | 'ms' | 'MB' | 'GB/s' | 'GMAC/s' | 'items' | 'iterations' | 'pairs/s';
  readonly value: Spread;
  /** The ratio from processor time instead of the clock, where both sides use equally many threads. */
  readonly processor?: Spread | undefined;
  /** What one run of each side took, where there are two: seconds on the clock. */
  readonly ours?: Spread | undefined;
  readonly peer?: Spread | undefined;
  readonly bar?: Bar | undefined;
  /** Where the value is a speed-up: over whom, in which dimension; for the chart. */
  readonly against?: { readonly peer: string; readonly dimension: number } | undefined;
}

/** How a cost grows with one size, the others fixed. */
export interface Curve {
  /** The chart that it belongs to, and the panel of it. */
  readonly chart: string;
  readonly panel: string;
  /** What was called. */
  readonly name: string;
  /** Seconds on the clock at each size. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** What the sections call of a build of the package. */
export type Build = Pick<
  typeof library,
  | 'EuclideanMemory'
  | 'GaussianMemory'
  | 'PointCloudMemory'
  | 'setThreads'
  | 'sinkhorn'
  | 'sinkhornDivergence'
  | 'VonMisesFisherMemory'
>;

/** A build of an earlier commit, which takes its turns beside this one. */
export interface EarlierBuild {
  /** What the figures call it. */
  readonly name: string;
  /** Its checkout, and the address of its entry. */
  readonly folder: string;
  readonly library: string;
  readonly build: Build;
}

export interface Settings {
  /** Smaller problems and fewer repeats: to see that all works, not to quote. */
  readonly quick: boolean;
  readonly repeats: number;
  /** How many threads "all threads" are. */
  readonly threads: number;
  readonly bare: Bare;
  /** The build that takes its turns beside ours. */
  readonly before: EarlierBuild | undefined;
  /** Takes one figure as soon as it is known. */
  readonly report: (figure: Figure) => void;
  /** Takes what a reader of the figures must know: versions, and what was skipped and why. */
  readonly note: (text: string) => void;
  readonly curve: (curve: Curve) => void;
}

export interface Section {
  readonly title: string;
  /** How the figures come about, for whoever reads the table. */
  readonly method: string;
  readonly run: (settings: Settings) => Promise<void>;
}

export function isMet({ value, bar }: Figure): boolean | undefined {
  if (!bar) return undefined;
  return 'atMost' in bar ? value.median <= bar.atMost : value.median >= bar.atLeast;
}
