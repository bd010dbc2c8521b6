import { DenseamError } from './errors.ts';

/** Runs an allocation whose size a file or caller asked for; what does not fit is a coded error, not a bare RangeError. */
export function allocate<T>(what: string, bytes: number, allocation: () => T): T {
  try {
    return allocation();
  } catch (cause) {
    throw new DenseamError('ERR_OUT_OF_MEMORY', `${what} needs ${bytes} bytes in one array, which cannot be had`, {
      cause,
    });
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
