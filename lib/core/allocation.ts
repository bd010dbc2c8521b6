import { isNativeError } from 'node:util/types';
import { fitsInMemory } from './availableMemory.ts';
import { DenseamError } from './errors.ts';

/** Smaller allocations do without the check of the available memory, which costs some system calls. */
const checkedBytes = 2 ** 20;

/**
 * Runs an allocation of a size from a file or caller. A size that does not fit is a coded error instead of a bare
 * RangeError, or of a process that Linux ends when it uses overcommitted memory.
 */
export function allocate<T>(what: string, bytes: number, allocation: () => T): T {
  if (bytes >= checkedBytes) fitsInMemory(what, bytes);
  try {
    return allocation();
  } catch (cause) {
    if (!isNativeError(cause) || cause.name !== 'RangeError') throw cause;
    const fault = { argument: what, expected: `${bytes} bytes in one array`, found: 'they cannot be had' };
    throw new DenseamError('ERR_OUT_OF_MEMORY', fault, { cause });
  }
}

/** Allocates an array of zeros. */
export function zeros<Kind extends { new (length: number): ArrayBufferView; readonly BYTES_PER_ELEMENT: number }>(
  what: string,
  kind: Kind,
  length: number,
): InstanceType<Kind> {
  return allocate(what, length * kind.BYTES_PER_ELEMENT, () => new kind(length) as InstanceType<Kind>);
}

/** A copy of the numbers in an array of its own. */
export function copied<A extends { slice(): A; readonly byteLength: number }>(what: string, array: A): A {
  return allocate(what, array.byteLength, () => array.slice());
}
