import { getSystemErrorMap, types } from 'node:util';
import { DenseamError } from 'denseam';
import writeFileAtomic from 'write-file-atomic';

/** Error for a fault in the contents of a file. The message names the file, then the fault. */
export function corruptFile(path: string, what: string, cause?: unknown): DenseamError {
  return new DenseamError('ERR_CORRUPT_FILE', `File "${path}": ${what}`, cause === undefined ? undefined : { cause });
}

/** Awaits a call into the file system. An error of the system gets a message for people; its code stays. */
export async function describing<T>(action: 'read' | 'write', path: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!types.isNativeError(error) || !('errno' in error)) throw error;
    const { errno, code, syscall } = error as NodeJS.ErrnoException;
    const meaning = getSystemErrorMap().get(errno as number)?.[1] ?? error.message;
    const described = new Error(`Cannot ${action} file "${path}": ${meaning} (${code})`, { cause: error });
    throw Object.assign(described, { code, errno, syscall, path });
  }
}

/** Writes a file that is whole at every moment: the old contents, or the new. */
export async function writeContents(
  path: string,
  contents: string | Uint8Array,
  signal?: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  await describing('write', path, writeFileAtomic(path, contents as string | Buffer));
}
