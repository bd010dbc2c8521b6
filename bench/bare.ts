import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Cost } from './timing.ts';

/** The package's root, from out/bench/run.js. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What one run cost, and the sum of the roots of the eigenvalues that it found. */
type EigenCost = Cost & { readonly sum: number };

export interface EigenCosts {
  readonly oursValues: EigenCost;
  readonly lapackValues: EigenCost;
  readonly oursVectors: EigenCost;
  readonly lapackVectors: EigenCost;
}

/** The program of bench/native: LAPACK and BLAS called directly. It runs beside us and waits for its turns. */
export class Bare {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams, lines: Interface) {
    this.#child = child;
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** Builds the program where it is out of date, in the build folder of the addon, and starts it. */
  static start(): Bare {
    execFileSync('cmake', ['--build', join(root, 'build'), '--target', 'denseam-bare'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const child = spawn(join(root, 'build', 'bench', 'denseam-bare'));
    child.stderr.pipe(process.stderr);
    return new Bare(child, createInterface(child.stdout));
  }

  stop(): void {
    this.#child.stdin.end();
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

  /** The best level of our kernels on this processor. */
  async level(): Promise<number> {
    return (await this.#ask<{ level: number }>('level')).level;
  }

  /** Eigenvalues alone, and with vectors, of `count` random Gram matrices: our kernels of a level, then dsyevd. */
  eigen(dimension: number, count: number, level: number): Promise<EigenCosts> {
    return this.#ask(`eigen ${dimension} ${count} ${level}`);
  }

  async #ask<T>(command: string): Promise<T> {
    this.#child.stdin.write(`${command}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`denseam-bare ended instead of answering "${command}"`);
    return JSON.parse(value) as T;
  }
}
