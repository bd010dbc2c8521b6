import { join } from 'node:path';
import { LineProcess } from '../lineProcess.ts';
import { bundle, root } from '../package.ts';
import type { Cost } from '../timing.ts';
import { askScript, interpreters, startScript } from './python.ts';

/** What bench/peers/python/sinkhorn.py says of itself. */
interface Info {
  readonly python: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly blas: readonly string[];
  readonly missing: Readonly<Record<PythonMethod, readonly string[]>>;
}

type PythonMethod = 'log' | 'stabilized' | 'torch';

/** Solutions of every pair; none when time was up before all were solved. */
export interface Solutions extends Cost {
  readonly values: readonly number[];
  readonly errors: readonly number[];
  readonly sweeps: readonly number[];
}

const script = join(root, 'bench', 'peers', 'python', 'sinkhorn.py');

/**
 * Someone else's solver, in as many processes as it takes to keep all threads busy; each process solves its share of
 * the pairs.
 */
export class TransportPeer {
  readonly name: string;
  /** It solves many pairs at once. */
  readonly isBatched: boolean;
  readonly #method: string;
  readonly #processes: readonly LineProcess[];

  constructor(name: string, method: string, processes: readonly LineProcess[]) {
    this.name = name;
    this.isBatched = method === 'torch';
    this.#method = method;
    this.#processes = processes;
  }

  stop(): void {
    for (const process of this.#processes) process.stop();
  }

  async load(folder: string): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.ask(`load ${folder}`)));
  }

  /** The first `count` pairs, but not for more than `limit` seconds. */
  async solve(count: number, limit: number): Promise<Solutions> {
    const bounds = Array.from({ length: this.#processes.length + 1 }, (_, i) =>
      Math.floor((i * count) / this.#processes.length),
    ) as [number, ...number[]];
    const parts = await Promise.all(
      this.#processes.map((process, i) => {
        const [first, end] = [bounds[i] as number, bounds[i + 1] as number];
        return process.ask<Solutions>(`solve ${this.#method} ${first} ${end - first} ${limit}`);
      }),
    );
    return {
      wall: Math.max(...parts.map(({ wall }) => wall)),
      processor: parts.reduce((sum, { processor }) => sum + processor, 0),
      values: parts.flatMap(({ values }) => values),
      errors: parts.flatMap(({ errors }) => errors),
      sweeps: parts.flatMap(({ sweeps }) => sweeps),
    };
  }
}

export const peerNames = {
  log: "POT's sinkhorn_log",
  stabilized: "POT's sinkhorn_stabilized",
  spinning: 'PyTorch, spinning threads',
  asleep: 'PyTorch, threads that wait asleep',
  plain: 'plain JavaScript',
} as const;

/** All that are there, and what a reader should know of them. POT and JavaScript get a process for every thread. */
export function startPeers(threads: number): { readonly peers: TransportPeer[]; readonly notes: string[] } {
  const each = <T>(start: () => T) => Array.from({ length: threads }, start);
  const plain = each(() => new LineProcess(process.execPath, [join(bundle, 'plainProcess.js')]));
  const peers = [new TransportPeer(peerNames.plain, 'plain', plain)];
  const python = findPython();
  if (!python) return { peers, notes: ['POT and PyTorch skipped: there is no python3'] };
  const { interpreter, info } = python;
  const notes = [versions(info)];
  const skip = (name: string, missing: readonly string[]) =>
    notes.push(`${name} skipped: not installed: ${missing.join(' ')} (npm run setup -- --bench installs them)`);
  if (info.missing.log.length > 0) skip('POT', info.missing.log);
  else {
    const start = () => each(() => startScript(interpreter, script, 1));
    peers.push(new TransportPeer(peerNames.log, 'log', start()));
    peers.push(new TransportPeer(peerNames.stabilized, 'stabilized', start()));
  }
  if (info.missing.torch.length > 0) skip('PyTorch', info.missing.torch);
  else {
    const start = (environment: NodeJS.ProcessEnv) => [startScript(interpreter, script, threads, environment)];
    peers.push(new TransportPeer(peerNames.spinning, 'torch', start({})));
    peers.push(new TransportPeer(peerNames.asleep, 'torch', start({ OMP_WAIT_POLICY: 'passive' })));
  }
  return { peers, notes };
}

/** PyTorch alone, for clouds whose costs do not fit in memory. */
export function startStreams(threads: number): { readonly peers: TransportPeer[]; readonly notes: string[] } {
  const python = findPython();
  if (!python || python.info.missing.torch.length > 0) {
    return { peers: [], notes: ['PyTorch skipped: not installed (npm run setup -- --bench installs it)'] };
  }
  const start = (name: string, environment: NodeJS.ProcessEnv) =>
    new TransportPeer(name, 'stream', [startScript(python.interpreter, script, threads, environment)]);
  const peers = [start(peerNames.spinning, {}), start(peerNames.asleep, { OMP_WAIT_POLICY: 'passive' })];
  return { peers, notes: [versions(python.info)] };
}

/** The Python that has most of what is needed. */
function findPython(): { interpreter: string; info: Info } | undefined {
  const found = interpreters.flatMap((interpreter) => {
    const info = askScript<Info>(interpreter, script);
    return info ? [{ interpreter, info }] : [];
  });
  const lacks = ({ info }: { info: Info }) => Object.values(info.missing).flat().length;
  return found.sort((a, b) => lacks(a) - lacks(b))[0];
}

function versions({ python, versions, blas }: Info): string {
  return [`Python ${python}`, ...Object.entries(versions).map(([name, version]) => `${name} ${version}`), ...blas].join(
    ', ',
  );
}
