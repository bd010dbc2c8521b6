import { DenseamError } from './errors.ts';

/**
 * Key that `create`, `load` and their like pass to the constructors of their classes, which only the type system makes
 * private.
 */
export const internally = Symbol('internally');

/** Refuses a constructor that was called from outside; `makers` are the methods to call instead. */
export function checkConstruction(key: unknown, name: string, makers: readonly string[]): void {
  if (key === internally) return;
  const expected = makers.map((maker) => `${name}.${maker}`).join(' or ');
  const received = `new ${name}`;
  throw new DenseamError('ERR_UNSUPPORTED', `Instances of ${name} are made by ${expected}, not by ${received}`, {
    argument: received,
    expected,
    received,
  });
}
