import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Linux limits a container by nested control groups; the strictest of them counts.

/** Resources that control groups limit. */
export type Controller = 'cpu' | 'memory';

/** The groups of this process under one controller, and the version of their interface. */
export interface ControlGroups {
  readonly version: 1 | 2;
  /** Their folders, the innermost first. */
  readonly folders: readonly string[];
}

/** The text of a file, or undefined where it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The visible groups of this process; `root` holds the files of the system. */
export function controlGroups(controller: Controller, root: string): ControlGroups | undefined {
  const memberships = readText(join(root, 'proc/self/cgroup'));
  const mounts = readText(join(root, 'proc/self/mountinfo'));
  if (memberships === undefined || mounts === undefined) return undefined;
  // Where both versions are mounted, a controller belongs to version 1 if that lists it.
  for (const version of [1, 2] as const) {
    const path = groupPath(memberships, version, controller);
    const mount = mountOf(mounts, version, controller);
    if (path === undefined || mount === undefined) continue;
    const names = namesBelow(mount.group, path);
    const folders = names.map((_, depth) => join(root, mount.folder, ...names.slice(0, names.length - depth)));
    return { version, folders: [...folders, join(root, mount.folder)] };
  }
  return undefined;
}

/** The path of the group, from lines "4:cpu,cpuacct:/path" in version 1, "0::/path" in version 2. */
function groupPath(memberships: string, version: 1 | 2, controller: Controller): string | undefined {
  for (const line of memberships.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (version === 1 ? controllers?.split(',').includes(controller) : controllers === '') return path;
  }
  return undefined;
}

interface Mount {
  /** Folder of the groups. */
  readonly folder: string;
  /** The group mounted there. */
  readonly group: string;
}

/** From lines "31 23 0:28 /group /folder rw,relatime shared:9 - cgroup cgroup rw,cpu". */
function mountOf(mounts: string, version: 1 | 2, controller: Controller): Mount | undefined {
  for (const line of mounts.split('\n')) {
    const [own, ofSystem] = line.split(' - ');
    const [type, , options] = ofSystem?.split(' ') ?? [];
    const [, , , group, folder] = own?.split(' ').map(unescaped) ?? [];
    const isIt = version === 2 ? type === 'cgroup2' : type === 'cgroup' && options?.split(',').includes(controller);
    if (isIt && group !== undefined && folder !== undefined) return { group, folder };
  }
  return undefined;
}

/** Spaces and the like are written as octal numbers. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/**
 * The names from the mounted group to that of the process. In a container the two may have different roots; the mounted
 * group then is the container's own.
 */
function namesBelow(mounted: string, path: string): string[] {
  const prefix = mounted === '/' ? '' : mounted;
  if (path !== prefix && !path.startsWith(`${prefix}/`)) return [];
  const names = path.slice(prefix.length).split('/').filter(Boolean);
  return names.includes('..') ? [] : names;
}

/**
 * Number of processors that the quotas of the process allow, rounded up; Infinity without a quota.
 *
 * @param root folder of the system's files
 */
export function quotaProcessors(root = '/'): number {
  const groups = controlGroups('cpu', root);
  const ofGroups = groups?.folders.map((folder) => quotaOf(groups.version, folder)) ?? [];
  return Math.max(1, Math.ceil(Math.min(Number.POSITIVE_INFINITY, ...ofGroups)));
}

/** The quota of one group divided by its period. */
function quotaOf(version: 1 | 2, folder: string): number {
  const [quota, period] =
    version === 2
      ? (readText(join(folder, 'cpu.max'))?.trim().split(/\s+/) ?? [])
      : [readText(join(folder, 'cpu.cfs_quota_us')), readText(join(folder, 'cpu.cfs_period_us'))];
  const share = Number(quota ?? Number.NaN) / Number(period ?? Number.NaN); // "max" and -1 are no quota
  return share > 0 && Number.isFinite(share) ? share : Number.POSITIVE_INFINITY;
}
