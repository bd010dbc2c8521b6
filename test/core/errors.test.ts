import { describe, expect, it } from 'vitest';
import { DenseamError } from '../../lib/core/errors.ts';

describe('DenseamError', () => {
  it('is an Error with a stable code, a name, a stack and a cause', () => {
    const cause = new Error('below');
    const error = new DenseamError('ERR_SHAPE', 'Expected two, got three.', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'DenseamError',
      code: 'ERR_SHAPE',
      message: 'Expected two, got three.',
      cause,
    });
    expect(error.stack).toContain('errors.test');
    expect(String(error)).toBe('DenseamError: Expected two, got three.');
  });
});
