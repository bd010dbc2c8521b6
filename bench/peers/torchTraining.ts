import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineProcess } from '../lineProcess.ts';
import { root } from '../package.ts';
import type { Cost } from '../timing.ts';
import type { Training } from '../training.ts';
import { interpreters } from './python.ts';

interface Info {
  readonly python: string;
  readonly torch?: string;
  readonly missing: readonly string[];
}

const script = join(root, 'bench', 'peers', 'python', 'train.py');

/** The same training in PyTorch: bench/peers/python/train.py. */
export class TorchTraining {
  readonly versions: string;
  readonly #process: LineProcess;

  private constructor(process: LineProcess, { python, torch }: Info) {
    this.#process = process;
    this.versions = `Python ${python}, PyTorch ${torch}`;
  }

  /** Undefined where no Python has PyTorch. */
  static start(threads: number): TorchTraining | undefined {
    for (const interpreter of interpreters) {
      const { status, stdout } = spawnSync(interpreter, [script], { input: 'info\n', encoding: 'utf8' });
      const info = status === 0 ? (JSON.parse(stdout) as Info) : undefined;
      if (info?.torch === undefined) continue;
      const count = String(threads);
      const environment = { OPENBLAS_NUM_THREADS: count, OMP_NUM_THREADS: count };
      return new TorchTraining(new LineProcess(interpreter, [script], environment), info);
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

  /** Steps on the next batches. */
  train(steps: number): Promise<Cost & { readonly losses: readonly number[] }> {
    return this.#process.ask(`train ${steps}`);
  }

  /** The two matrix products of a step. */
  products(count: number): Promise<Cost> {
    return this.#process.ask(`products ${count}`);
  }
}
