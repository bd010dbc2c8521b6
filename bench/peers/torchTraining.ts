import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LineProcess } from '../lineProcess.ts';
import { root } from '../package.ts';
import type { Cost } from '../timing.ts';
import type { Training } from '../training.ts';
import { askScript, interpreters, startScript } from './python.ts';

interface Info {
  readonly python: string;
  readonly torch?: string;
  readonly blas: readonly string[];
}

const script = join(root, 'bench', 'peers', 'python', 'train.py');

/**
 * How PyTorch's threads wait for each other: as OpenMP does by default, spinning, or asleep. Where OpenBLAS has threads
 * of its own, those and the spinning ones take the processors from each other.
 */
const waits = { spinning: {}, asleep: { OMP_WAIT_POLICY: 'passive' } } as const;
export type Wait = keyof typeof waits;

/** Training in PyTorch: bench/peers/python/train.py. */
export class TorchTraining {
  readonly versions: string;
  readonly #process: LineProcess;

  private constructor(process: LineProcess, { python, torch, blas }: Info) {
    this.#process = process;
    this.versions = [`Python ${python}`, `PyTorch ${torch}`, ...blas].join(', ');
  }

  /** Undefined where no Python has PyTorch. */
  static start(threads: number, wait: Wait): TorchTraining | undefined {
    for (const interpreter of interpreters) {
      const info = askScript<Info>(interpreter, script);
      if (info?.torch === undefined) continue;
      return new TorchTraining(startScript(interpreter, script, threads, waits[wait]), info);
    }
    return undefined;
  }

  stop(): void {
    this.#process.stop();
  }

  async load({ digits, settings, start }: Training, threads: number): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'denseam-bench-'));
    const { dimension, values, labels } = digits;
    const { hiddenShares, classShares } = start;
    const shares = { hiddenShares: Array.from(hiddenShares), classShares: Array.from(classShares) };
    try {
      await writeFile(join(folder, 'settings.json'), JSON.stringify({ ...settings, ...shares, dimension, threads }));
      await writeFile(join(folder, 'values.bin'), values);
      await writeFile(join(folder, 'labels.bin'), labels);
      await writeFile(join(folder, 'memories.bin'), start.memories);
      await this.#process.ask(`load ${folder}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** What the second epoch from the start costs. */
  async secondEpoch(steps: number): Promise<Cost> {
    await this.firstLosses(steps);
    return this.#process.ask(`train ${steps}`);
  }

  /** The losses of the first steps from the start, each on the next batch. */
  async firstLosses(steps: number): Promise<readonly number[]> {
    await this.#process.ask('restart');
    return (await this.#process.ask<{ losses: number[] }>(`train ${steps}`)).losses;
  }

  /** The two matrix products of a step. */
  products(count: number): Promise<Cost> {
    return this.#process.ask(`products ${count}`);
  }
}
