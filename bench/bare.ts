import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { LineProcess } from './lineProcess.ts';
import { root } from './package.ts';
import type { Cost } from './timing.ts';

/** What one run cost, and the sum of the roots of the eigenvalues that it found. */
type EigenCost = Cost & { readonly sum: number };

export interface EigenCosts {
  readonly oursValues: EigenCost;
  readonly lapackValues: EigenCost;
  /** Not for large matrices. */
  readonly oursVectors?: EigenCost;
  readonly lapackVectors?: EigenCost;
}

/** The program of bench/native: LAPACK and BLAS called directly. It runs beside us and waits for its turns. */
export class Bare {
  readonly #process: LineProcess;

  private constructor(process: LineProcess) {
    this.#process = process;
  }

  /** Builds the program of a checkout where it is out of date, in the build folder of its addon, and starts it. */
  static start(folder = root): Bare {
    execFileSync('cmake', ['--build', join(folder, 'build'), '--target', 'denseam-bare'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return new Bare(new LineProcess(join(folder, 'build', 'bench', 'denseam-bare')));
  }

  stop(): void {
    this.#process.stop();
  }

  /** The BLAS it calls, as that names itself. */
  async blas(): Promise<string> {
    return (await this.#ask<{ blas: string }>('info')).blas;
  }

  /** Reads float64 matrices: the covariance of a query, then those of `count` items. */
  async load(path: string, dimension: number, count: number): Promise<void> {
    await this.#ask(`load ${dimension} ${count} ${path}`);
  }

  /** tr (R' S R)^1/2 summed over the items: two dtrmm and one dsyevd each. */
  roots(threads: number): Promise<Cost & { readonly sum: number }> {
    return this.#ask(`roots ${threads}`);
  }

  /** One matrix product on each thread. */
  product(
    precision: 'float32' | 'float64',
    size: number,
    threads: number,
  ): Promise<Cost & { readonly operations: number }> {
    return this.#ask(`product ${precision} ${size} ${threads}`);
  }

  /** Multiply-adds on registers alone; no operations where the processor lacks an instruction for them. */
  peak(
    kind: 'float64' | 'float32' | 'bf16' | 'int8',
    threads: number,
  ): Promise<Cost & { readonly operations: number }> {
    return this.#ask(`peak ${kind} ${threads}`);
  }

  /** Reads two arrays, or adds two into a third (the triad of STREAM), each far larger than any cache. */
  bandwidth(kind: 'read' | 'triad', threads: number): Promise<Cost & { readonly bytes: number }> {
    return this.#ask(`bandwidth ${kind} ${threads}`);
  }

  /**
   * The two matrix products of a step of von Mises-Fisher training, in float32, `count` times, as fast as they come.
   */
  trainingProducts(rows: number, units: number, dimension: number, threads: number, count: number): Promise<Cost> {
    return this.#ask(`training ${rows} ${units} ${dimension} ${threads} ${count}`);
  }

  /** The best level of our kernels on this processor. */
  async level(): Promise<number> {
    return (await this.#ask<{ level: number }>('level')).level;
  }

  /** Eigenvalues alone, and with vectors, of `count` random Gram matrices: our kernels of a level, then dsyevd. */
  eigen(dimension: number, count: number, level: number): Promise<EigenCosts> {
    return this.#ask(`eigen ${dimension} ${count} ${level}`);
  }

  #ask<T>(command: string): Promise<T> {
    return this.#process.ask(command);
  }
}
