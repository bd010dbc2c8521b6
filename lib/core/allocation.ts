import { isNativeError } from 'node:util/types';
import { fitsInMemory } from './availableMemory.ts';
import { DenseamError } from './errors.ts';

/** Below this an allocation is made without asking how much memory there is, which costs some system calls. */
const checkedBytes = 2 ** 20;

/**
 * Runs an allocation whose size a file or caller asked for; what does not fit is a coded error, not a bare RangeError,
 * and not the end of the process either, which is what Linux makes of it when memory is used that it only promised.
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

/** That many zeros in one array. */
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
