import { DenseamError } from './errors.ts';

/** What `create`, `load` and their like hand to the constructors of their classes, which are private to the type system alone. */
export const internally = Symbol('internally');

/** Refuses a constructor that was called from outside; `makers` are the methods to call instead. */
export function checkConstruction(key: unknown, name: string, makers: readonly string[]): void {
  if (key === internally) return;
  const expected = makers.map((maker) => `${name}.${maker}`).join(' or ');
  throw new DenseamError('ERR_UNSUPPORTED', `Expected a call of ${expected} but received one of new ${name}`, {
    argument: `new ${name}`,
    expected,
  });
}
