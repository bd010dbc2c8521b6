import { InvalidArgumentError } from 'commander';

// Readers of the values of options. commander puts the option's name before these messages.

export function integer(least: number, greatest = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && Number.isSafeInteger(value) && value >= least && value <= greatest) return value;
    const range = greatest === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${greatest}`;
    throw new InvalidArgumentError(`Expected an integer ${range}.`);
  };
}

/** A finite number; the library checks its range. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number.');
}

/** One number, or several with commas between them. */
export function numbers(text: string): number[] {
  const values = text.split(',').map((each) => (each.trim() === '' ? Number.NaN : Number(each)));
  if (values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError('Expected a number, or several with commas between them.');
}
