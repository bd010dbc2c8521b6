import type { CallOptions } from 'denseam';

/** Progress of an experiment: the share of its work done, in [0, 1], and its present activity. */
export interface ExperimentProgress {
  readonly share: number;
  readonly doing: string;
}

/** Options of every experiment besides its settings. */
export interface ExperimentOptions {
  /** Aborting it rejects the experiment's promise with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ExperimentProgress) => void) | undefined;
}

/** Runs an experiment's stages one after another and joins their progress into one share of the whole. */
export class Stages {
  private done = 0;

  /** `total` is the sum of the weights of all stages, in any unit of expected time. */
  constructor(
    private readonly total: number,
    private readonly options: ExperimentOptions,
  ) {}

  /** Runs one stage with options that carry the signal and count its progress as `weight` of the total. */
  async run<T>(doing: string, weight: number, stage: (options: CallOptions) => Promise<T>): Promise<T> {
    const { signal } = this.options;
    signal?.throwIfAborted();
    this.report(doing, 0);
    const result = await stage({
      signal,
      onProgress: ({ completed, total }) => this.report(doing, (weight * completed) / total),
    });
    signal?.throwIfAborted();
    this.done += weight;
    this.report(doing, 0);
    return result;
  }

  private report(doing: string, within: number): void {
    this.options.onProgress?.({ share: Math.min(1, (this.done + within) / this.total), doing });
  }
}
