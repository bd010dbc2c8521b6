import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../package.ts';

/** Its exact search in float32; only the benchmark installs it. */
export const usearchVersion = '2.21.4';

/** The part of the package that is called. */
export interface Usearch {
  readonly MetricKind: { readonly L2sq: unknown };
  exactSearch(
    rows: Float32Array,
    queries: Float32Array,
    dimension: number,
    k: number,
    metric: unknown,
    threads: number,
  ): { readonly keys: BigUint64Array };
}

/** The package, installed below out/bench; undefined where that fails. */
export function loadUsearch(): Usearch | undefined {
  const folder = join(root, 'out', 'bench', 'usearch');
  mkdirSync(folder, { recursive: true });
  const wanted = `usearch@${usearchVersion}`;
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', folder, wanted], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return status === 0 ? (createRequire(join(folder, 'package.json'))('usearch') as Usearch) : undefined;
}
