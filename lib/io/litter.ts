import { opendir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

// Temporary files, and those that a process killed during a save has left behind. The name of one holds its target and
// the process that fills it, with its start time, which tells it from later processes of the same number, and its
// place, within which process numbers are unique: a process namespace (a container has its own) of one run of one
// machine's kernel.

/** The process that fills, or filled, a temporary file. */
interface Owner {
  readonly place: string;
  readonly pid: number;
  /** Start time in clock ticks since the machine started, in the form of Linux. */
  readonly start: string;
}

/** The place of processes that cannot be looked up: systems without /proc, and those that do not let it be read. */
const UNKNOWN_PLACE = '0';

/**
 * A file of another place (another machine that shares the folder, another container, a time before the machine was
 * started again) counts as abandoned when nothing was written to it for so long: a save writes all the time, and a
 * clock may be some hours wrong.
 */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** Loaded at the first save: a program that only computes starts without it. */
const crypto = () => process.getBuiltinModule('node:crypto');

const HASH_DIGITS = 12;
const NAME = /^\.denseam-([0-9a-f]+)-([0-9a-f]+)-(\d+)-(\d+)-[0-9a-f]+\.tmp$/;

/** A name for a temporary file beside the file `target`, unlike any other. */
export async function temporaryName(target: string): Promise<string> {
  const { place, pid, start } = await thisProcess();
  return `.denseam-${hash(basename(target))}-${place}-${pid}-${start}-${crypto().randomBytes(6).toString('hex')}.tmp`;
}

/**
 * Removes the temporary files of `target` in `directory` whose processes have ended. Those of running processes stay,
 * and so do those of processes that cannot be looked up, unless they were abandoned for a day. Files that cannot be
 * read or removed stay.
 */
export async function removeLitter(directory: string, target: string): Promise<void> {
  const key = hash(basename(target));
  try {
    for await (const { name } of await opendir(directory)) {
      const [, found, place = '', pid, start = ''] = NAME.exec(name) ?? [];
      if (found !== key) continue;
      const path = join(directory, name);
      if (await isLitter(path, { place, pid: Number(pid), start })) await rm(path, { force: true });
    }
  } catch {
    // Ignored: the folder may be write-only, or another process may have been faster.
  }
}

async function isLitter(path: string, owner: Owner): Promise<boolean> {
  const { place } = await thisProcess();
  if (place !== UNKNOWN_PLACE && owner.place === place) return !(await isAlive(owner));
  return Date.now() - (await stat(path)).mtimeMs > ABANDONED_MS;
}

async function isAlive({ pid, start }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0); // asks only
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const found = await readProcess(String(pid));
  if (!found) return true; // a process of another user that may not be looked at
  return found.start === start && !ENDED.includes(found.state);
}

/** States of a process that has ended but that its parent has not yet waited for. */
const ENDED: readonly string[] = ['Z', 'X'];

/** Linux's record of a process; undefined where it cannot be read. */
async function readProcess(name: string): Promise<{ pid: number; state: string; start: string } | undefined> {
  const text = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field, the program's name, stands in parentheses and may have any characters, parentheses too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', start = ''] = [fields[0], fields[19]]; // the 3rd and the 22nd of all
  return { pid: Number.parseInt(text, 10), state, start };
}

let self: Owner | undefined;

/** Looked up until it is found: a process may be out of descriptors for a while. */
async function thisProcess(): Promise<Owner> {
  if (self === undefined || self.place === UNKNOWN_PLACE) self = await findSelf();
  return self;
}

async function findSelf(): Promise<Owner> {
  const unknown = { place: UNKNOWN_PLACE, pid: process.pid, start: '0' };
  const found = await readProcess('self');
  // A /proc of another namespace numbers processes in another way.
  if (found?.pid !== process.pid || !/^\d+$/.test(found.start)) return unknown;
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1');
    const namespace = await readlink('/proc/self/ns/pid');
    return { place: hash(`${boot.trim()} ${namespace}`), pid: process.pid, start: found.start };
  } catch {
    return unknown;
  }
}

function hash(text: string): string {
  return crypto().createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
}
