import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as ours from '../lib/index.ts';
import { root } from './package.ts';
import type { Build, EarlierBuild, Settings } from './section.ts';
import { type Cost, ratios, spread } from './timing.ts';

/** The commit before the work on speed; its name is that of its tag. */
export const beforeSpeed = { name: 'before-speed', commit: '42ee7416aebef7c199aca6a684ce3017276a373f' };

/** What each build has: of this one, and of the earlier one where there is one. */
export interface OfBuilds<T> {
  readonly ours: T;
  readonly before?: T;
}

/** Checks a commit out below out/bench, builds it there where that was not done before, and loads it. */
export async function loadEarlier(revision: string): Promise<EarlierBuild> {
  const isDefault = revision === beforeSpeed.name;
  const commit = isDefault ? beforeSpeed.commit : git(root, 'rev-parse', '--verify', `${revision}^{commit}`);
  const folder = join(root, 'out', 'bench', 'before', commit.slice(0, 12));
  const entry = join(folder, 'dist', 'index.js');
  if (!existsSync(entry)) {
    if (!existsSync(folder)) git(root, 'clone', '--quiet', '--shared', '--no-checkout', root, folder);
    git(folder, 'checkout', '--quiet', commit);
    execFileSync(process.execPath, ['scripts/setup.js'], { cwd: folder, stdio: 'inherit' });
  }
  const library = pathToFileURL(entry).href;
  return { name: revision, folder, library, build: (await import(library)) as Build };
}

const git = (folder: string, ...args: string[]) =>
  execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim();

/** What `use` makes of each build. */
export async function onBuilds<T>(
  { before }: Pick<Settings, 'before'>,
  use: (build: Build) => T | Promise<T>,
): Promise<OfBuilds<T>> {
  const own = await use(ours);
  return before ? { ours: own, before: await use(before.build) } : { ours: own };
}

export function mapBuilds<A, B>({ ours, before }: OfBuilds<A>, use: (each: A) => B): OfBuilds<B> {
  return before === undefined ? { ours: use(ours) } : { ours: use(ours), before: use(before) };
}

export function listBuilds<T>({ ours, before }: OfBuilds<T>): T[] {
  return before === undefined ? [ours] : [ours, before];
}

export function setThreadsOf({ before }: Pick<Settings, 'before'>, threads: number): void {
  for (const build of [ours, ...(before ? [before.build] : [])]) build.setThreads(threads);
}

/** No call may become slower than this share of its speed before. */
const leastSpeed = 0.95;

/** Reports how much faster a call became since the earlier build, by processor time. */
export function reportBefore(
  name: string,
  costs: { readonly ours: readonly Cost[]; readonly before?: readonly Cost[] | undefined },
  { before, report }: Pick<Settings, 'before' | 'report'>,
  atLeast = leastSpeed,
): void {
  if (!before || !costs.before) return;
  const walls = (list: readonly Cost[]) => spread(list.map(({ wall }) => wall));
  report({
    name,
    measure: `speed / ${before.name}`,
    unit: 'x',
    value: ratios('processor', costs.before, costs.ours),
    ours: walls(costs.ours),
    peer: walls(costs.before),
    bar: { atLeast },
  });
}
