import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { LineProcess } from '../lineProcess.ts';
import { root } from '../package.ts';
import type { Cost } from '../timing.ts';

export type Method = 'numpy' | 'torch' | 'textbook';

/**
 * How a Python program can spend its threads: in BLAS, within each call, or on items, each with calls of one thread.
 */
export interface Way {
  readonly name: string;
  readonly blas: number;
  readonly workers: number;
}

/** What peer.py says of itself. */
interface Info {
  readonly python: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly blas: readonly string[];
  /** Modules that a method needs and this Python does not have. */
  readonly missing: Readonly<Record<Method, readonly string[]>>;
}

const script = join(root, 'bench', 'peers', 'python', 'peer.py');
/** Debian's packages belong to the first; the one on the path may be another. */
export const interpreters = ['/usr/bin/python3', 'python3'];

/** numpy, scipy and PyTorch: bench/peers/python/peer.py, a process for every way to spend the threads. */
export class PythonPeer {
  readonly ways: readonly Way[];
  readonly #info: Info;
  readonly #processes: ReadonlyMap<Way, LineProcess>;

  private constructor(info: Info, interpreter: string, threads: number) {
    this.#info = info;
    const shared = { name: `items shared by ${threads} threads`, blas: 1, workers: threads };
    const within = { name: `${threads} threads within BLAS`, blas: threads, workers: 1 };
    this.ways = threads > 1 ? [shared, within] : [within];
    this.#processes = new Map(this.ways.map((way) => [way, startScript(interpreter, script, way.blas)]));
  }

  /** The Python that has most of what is needed; undefined where there is none. */
  static start(threads: number): PythonPeer | undefined {
    const found = interpreters.flatMap((interpreter) => {
      const info = askScript<Info>(interpreter, script);
      return info ? [{ interpreter, info }] : [];
    });
    const lacks = ({ info }: { info: Info }) => Object.values(info.missing).flat().length;
    const [best] = found.sort((a, b) => lacks(a) - lacks(b));
    return best && new PythonPeer(best.info, best.interpreter, threads);
  }

  stop(): void {
    for (const process of this.#processes.values()) process.stop();
  }

  /** Python and what it carries, for whoever reads the figures. */
  get versions(): string {
    const { python, versions, blas } = this.#info;
    const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    return [`Python ${python}`, ...packages, ...blas].join(', ');
  }

  /** Debian's names of the packages that a method would need. */
  missing(method: Method): string[] {
    return this.#info.missing[method].map((module) => `python3-${module}`);
  }

  /** Reads float64 numbers: mean and covariance of a query, then the means and the covariances of `count` items. */
  async load(path: string, dimension: number, count: number): Promise<void> {
    await Promise.all(
      [...this.#processes.values()].map((process) => process.ask(`load ${dimension} ${count} ${path}`)),
    );
  }

  /** The squared distances to the first `count` items. */
  run(method: Method, way: Way, count: number): Promise<Cost & { readonly distances: readonly number[] }> {
    return (this.#processes.get(way) as LineProcess).ask(`run ${method} ${way.workers} ${count}`);
  }
}

export function startScript(
  interpreter: string,
  script: string,
  blasThreads: number,
  environment: NodeJS.ProcessEnv = {},
): LineProcess {
  const count = String(blasThreads);
  const threads = { OPENBLAS_NUM_THREADS: count, OMP_NUM_THREADS: count };
  return new LineProcess(interpreter, [script], { ...threads, ...environment });
}

/** What a script says of itself; undefined where the interpreter cannot run it. */
export function askScript<Info>(interpreter: string, script: string): Info | undefined {
  const { status, stdout } = spawnSync(interpreter, [script], { input: 'info\n', encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout) as Info) : undefined;
}
