import { type ExecFileSyncOptions, execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const quiet: ExecFileSyncOptions = { stdio: ['ignore', 'ignore', 'pipe'] };

/** A file system of its own, small. */
export interface SmallDisk {
  readonly folder: string;
  /** Changes options of the mount: `ro`, or for memory another size. */
  remount(options: string): void;
  /** Leaves room for so many blocks. */
  fill(blocks: number): void;
  /** Removes what `fill` wrote. */
  empty(): void;
}

export interface DiskKind {
  readonly name: string;
  /** Mounts a disk of some kilobytes on a folder. */
  mount(folder: string, kilobytes: number): void;
}

/** Memory: room is given out by pages. */
export const memoryDisk = (options = ''): DiskKind => ({
  name: 'tmpfs',
  mount: (folder, kilobytes) =>
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k${options}`, 'none', folder], quiet),
});

/** A file of a real disk's file system, which decides late where the bytes of a file go. */
export const fileDisk: DiskKind = {
  name: 'ext4',
  mount: (folder, kilobytes) => {
    const image = `${folder}.image`;
    writeFileSync(image, '');
    truncateSync(image, kilobytes * 1024);
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', '-O', '^has_journal', image], quiet);
    execFileSync('mount', ['-o', 'loop', image, folder], quiet);
  },
};

function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder], quiet);
  rmSync(folder, { recursive: true });
  rmSync(`${folder}.image`, { force: true });
}

/** Mounts a disk for as long as `use` takes. */
export async function onDisk(
  kind: DiskKind,
  folder: string,
  kilobytes: number,
  use: (disk: SmallDisk) => Promise<void>,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  kind.mount(folder, kilobytes);
  try {
    await use(diskOn(folder));
  } finally {
    unmount(folder);
  }
}

/** Why a kind of disk cannot be mounted here; undefined where it can. */
export async function obstacle(kind: DiskKind, folder: string): Promise<string | undefined> {
  try {
    await onDisk(kind, folder, 1024, async () => {});
    return undefined;
  } catch (error) {
    return `a small disk (${kind.name}): ${(error as Error).message.split('\n').join(' ').trim()}`;
  }
}

function diskOn(folder: string): SmallDisk {
  const filler = join(folder, 'filler');
  const empty = () => rmSync(filler, { force: true });
  return {
    folder,
    remount: (options) => execFileSync('mount', ['-o', `remount,${options}`, folder], quiet),
    empty,
    fill(blocks) {
      empty();
      const { bfree, bsize } = statfsSync(folder);
      try {
        // Flushed: ext4 gives out blocks when they go to the disk.
        writeFileSync(filler, Buffer.alloc(bfree * bsize), { flush: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
      truncateSync(filler, Math.max(0, statSync(filler).size - blocks * bsize));
    },
  };
}
