import { isNativeError } from 'node:util/types';
import { DenseamError } from './errors.ts';

/**
 * What `allocate` makes: arrays for which the system may have no room left.
 *
 * @throws DenseamError ERR_OUT_OF_MEMORY.
 */
export function allocated<T>(name: string, allocate: () => T): T {
  try {
    return allocate();
  } catch (cause) {
    if (!isNativeError(cause) || cause.name !== 'RangeError') throw cause;
    const expected = `${name} to fit in memory`;
    throw new DenseamError('ERR_OUT_OF_MEMORY', `Expected ${expected} but no array of that size is to be had`, {
      cause,
    });
  }
}

/** That many zeros in one array. */
export function zeros<Kind extends new (length: number) => ArrayBufferView>(
  name: string,
  kind: Kind,
  length: number,
): InstanceType<Kind> {
  return allocated(name, () => new kind(length) as InstanceType<Kind>);
}
