import { freemem } from 'node:os';
import { join } from 'node:path';
import { controlGroups, readText } from './cgroups.ts';
import { DenseamError } from './errors.ts';

// Kept free for everything else in the process.
const memoryReserve = 64 * 2 ** 20;

// Sizes that need no check: far below the reserve, and the check takes longer than many a call.
const negligible = 2 ** 20;

const bytesOfKilobyte = 1024;

/**
 * Refuses a result that would not fit in memory: Linux grants memory it does not have and ends the process when it is
 * used. Unreachable memories are freed before a refusal.
 *
 * @throws DenseamError ERR_OUT_OF_MEMORY.
 */
export function fitsInMemory(name: string, bytes: number): void {
  if (bytes <= negligible || bytes <= availableMemory() - memoryReserve) return;
  if (bytes <= availableMemory() - memoryReserve + process.memoryUsage.rss()) reclaim();
  const available = availableMemory() - memoryReserve;
  if (bytes <= available) return;
  const [needed, left] = [inWords(bytes), inWords(Math.max(0, available))];
  const message = `Expected ${name} to fit in memory but ${needed} are needed and ${left} are left`;
  throw new DenseamError('ERR_OUT_OF_MEMORY', message, {
    argument: name,
    expected: `at most ${left}`,
    received: needed,
  });
}

/** Frees unreachable native objects; the layer above sets it. */
let reclaim = () => {};

/** Sets the function that frees unreachable native objects. */
export function setReclaim(free: () => void): void {
  reclaim = free;
}

/** Bytes in words; below 1 GiB in MiB, for their digits. */
function inWords(bytes: number): string {
  const mebibyte = 2 ** 20;
  const gibibyte = 2 ** 30;
  return bytes < gibibyte ? `${Math.ceil(bytes / mebibyte)} MiB` : `${Number((bytes / gibibyte).toFixed(1))} GiB`;
}

/**
 * Bytes available to the process: the least of the free memory of the machine and of the process's control groups,
 * reclaimable memory included. Infinity where nothing is known.
 *
 * @param root folder of the system's files
 */
export function availableMemory(root = '/', platform: NodeJS.Platform = process.platform): number {
  if (platform !== 'linux') return freemem() || Number.POSITIVE_INFINITY;
  const groups = controlGroups('memory', root);
  const ofGroups = groups?.folders.map((folder) => leftOf(groups.version, folder)) ?? [];
  return Math.min(ofMachine(root), ...ofGroups);
}

function ofMachine(root: string): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readText(join(root, 'proc/meminfo')) ?? '')?.[1];
  return kilobytes === undefined ? Number.POSITIVE_INFINITY : Number(kilobytes) * bytesOfKilobyte;
}

/** Free memory of one group: its limit minus its usage, without the files that the kernel caches in free memory. */
function leftOf(version: 1 | 2, folder: string): number {
  const [limitName, usageName, prefix] =
    version === 2 ? ['memory.max', 'memory.current', ''] : ['memory.limit_in_bytes', 'memory.usage_in_bytes', 'total_'];
  const limit = numberIn(readText(join(folder, limitName)));
  const usage = numberIn(readText(join(folder, usageName)));
  if (limit === undefined || usage === undefined) return Number.POSITIVE_INFINITY;
  const statistics = readText(join(folder, 'memory.stat')) ?? '';
  const ofFiles = (list: string) =>
    Number(new RegExp(`^${prefix}${list}_file (\\d+)$`, 'm').exec(statistics)?.[1] ?? 0);
  // Both lists, as in the kernel's own MemAvailable: files that were read twice are on the active one, and are
  // reclaimed as well.
  return Math.max(0, limit - Math.max(0, usage - ofFiles('inactive') - ofFiles('active')));
}

/** A number, or undefined for "max" and for nothing. */
function numberIn(text: string | undefined): number | undefined {
  const value = Number(text?.trim() || Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}
