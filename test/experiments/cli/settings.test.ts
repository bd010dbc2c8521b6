import { describe, expect, it } from 'vitest';
import { withChanges } from '../../../experiments/cli/settings.ts';
import { UsageError } from '../../../lib/cli/errors.ts';

const settings = { seed: 1, text: 'a', flag: false, betas: [1, 2], names: ['x'], none: [], pairs: [[1, 2]] };
const change = (...changes: string[]) => withChanges('example', settings, changes);

describe('changes of settings', () => {
  it('are read as the kind of value that is there', () => {
    expect(change()).toEqual(settings);
    expect(change('seed=5', 'text=b=c, d', 'flag=true', 'betas=1e-3,-4', 'names=y,z')).toEqual({
      ...settings,
      seed: 5,
      text: 'b=c, d',
      flag: true,
      betas: [1e-3, -4],
      names: ['y', 'z'],
    });
    expect(change('seed=2', 'seed=3').seed).toBe(3);
    expect(settings.seed).toBe(1);
  });

  it.each([
    ['colour=1', 'of a setting of example (seed, text, flag, betas, names, none, pairs) but received "colour=1"'],
    ['toString=1', 'but received "toString=1"'],
    ['seed', 'but received "seed"'],
    ['seed=', 'Expected a number for example: seed but received ""'],
    ['seed=Infinity', 'Expected a number for example: seed but received "Infinity"'],
    ['flag=yes', 'Expected true or false for example: flag but received "yes"'],
    ['betas=1,,2', 'Expected a number for example: betas but received ""'],
    ['none=1', 'cannot be set here'],
    ['pairs=1,2', 'cannot be set here'],
  ])('%s is refused', (text, message) => {
    expect(() => change(text)).toThrow(UsageError);
    expect(() => change(text)).toThrow(message);
  });
});
