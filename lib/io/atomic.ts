import type { Stats } from 'node:fs';
import { chmod, type FileHandle, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { expectedError } from '../core/validate.ts';
import { describing, isForbidden, isSystemError, kindOf } from './files.ts';
import { removeLitter, temporaryName } from './litter.ts';
import { namedFile } from './path.ts';

const PERMISSIONS = 0o7777;

/** Final path of the bytes, and the permissions of the file they replace. */
interface Target {
  readonly path: string;
  readonly mode: number | undefined;
}

/**
 * Writes a file so that at every moment, a crash or power cut included, the path holds either all of the old contents
 * or all of the new: `fill` writes a temporary file in the same directory, which is flushed to the disk and renamed. On
 * any error, an abort included, the temporary file is removed and the old contents stay.
 *
 * A symbolic link is followed and stays a link, also one to a file that is not there yet. The permissions of a file
 * that is replaced are kept, and while it is filled the temporary file has no others. Temporary files that killed
 * processes left of earlier saves of the path are removed first.
 *
 * @throws the error of `fill`; the signal's reason; system errors with their code (ENOENT, EACCES, ENOSPC, ...) and a
 * message that names `path`; DenseamError ERR_RANGE when `path` is a directory, a device or a pipe, or can only be a
 * directory's.
 */
export async function writeAtomically(
  path: string,
  fill: (handle: FileHandle) => Promise<void>,
  signal?: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const target = await resolveTarget(path);
  const directory = dirname(target.path);
  await removeLitter(directory, target.path);
  const temporary = join(directory, await temporaryName(target.path));
  const handle = await describing('write', path, open(temporary, 'wx', target.mode));
  try {
    await fillAndFlush(handle, temporary, path, target, fill);
    signal?.throwIfAborted();
    await describing('write', path, rename(temporary, target.path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // the first error is the one to tell
    throw error;
  }
  await flushDirectory(directory);
}

/** Writes contents that are at hand, as {@link writeAtomically} does. */
export async function writeContents(
  path: string,
  contents: string | Uint8Array,
  signal?: AbortSignal | undefined,
): Promise<void> {
  await writeAtomically(path, (handle) => describing('write', path, handle.writeFile(contents)), signal);
}

async function fillAndFlush(
  handle: FileHandle,
  temporary: string,
  path: string,
  target: Target,
  fill: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  try {
    await fill(handle);
    if (target.mode !== undefined) await keepMode(handle, temporary, path, target.mode);
    await flush(handle, path);
  } finally {
    await describing('write', path, handle.close());
  }
}

/** The process's mask may have taken some permissions from the file when it was opened. */
async function keepMode(handle: FileHandle, temporary: string, path: string, mode: number): Promise<void> {
  const found = (await describing('write', path, handle.stat())).mode & PERMISSIONS;
  if (found === mode) return;
  // Node's permission model always forbids this through an open file, but may allow it by the file's name.
  await describing(
    'write',
    path,
    orElse(handle.chmod(mode), () => chmod(temporary, mode)),
  );
}

/**
 * Flushes a file to the disk. Newer Nodes (24, 26) forbid this under the permission model; the file is whole without
 * it.
 */
async function flush(handle: FileHandle, path: string): Promise<void> {
  await describing(
    'write',
    path,
    orElse(handle.sync(), () => Promise.resolve()),
  );
}

/** Awaits a call; does another one where Node's permission model forbids it. */
async function orElse(call: Promise<void>, instead: () => Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isForbidden(error)) throw error;
    await instead();
  }
}

/** Follows links. Only a regular file may be replaced: a rename over /dev/null or a pipe would destroy it. */
async function resolveTarget(path: string): Promise<Target> {
  let resolved: string;
  let stats: Stats;
  try {
    resolved = await realpath(path);
    stats = await stat(resolved);
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ENOENT') return await describing('write', path, Promise.reject(error));
    return { path: await describing('write', path, resolveMissing(path)), mode: undefined };
  }
  if (!stats.isFile()) {
    throw expectedError('ERR_RANGE', 'path', 'a regular file or a new name', `"${path}", a ${kindOf(stats)}`);
  }
  return { path: resolved, mode: stats.mode & PERMISSIONS };
}

/** Final path of a missing file: the end of a chain of links, if the path is one. The system refuses circles. */
async function resolveMissing(path: string): Promise<string> {
  namedFile(path); // a link may also end in a slash
  const directory = await realpath(dirname(path));
  const here = join(directory, basename(path));
  let link: string;
  try {
    link = await readlink(here);
  } catch {
    return here; // not there, or no link
  }
  return resolveMissing(isAbsolute(link) ? link : `${directory}/${link}`);
}

/** Makes the rename itself last through a power cut. Some systems cannot open a directory; the data is safe without. */
async function flushDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // The new file is complete and in place; only its durability in the next seconds is less certain.
  }
}
