import { describe, expect, it, vi } from 'vitest';
import { DenseamError } from '../../lib/core/errors.ts';
import { EuclideanMemory, GaussianMemory, PointCloudMemory, VonMisesFisherMemory } from '../../lib/index.ts';
import { expectFailure } from '../support/assertions.ts';

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

describe('what an error says apart from its message', () => {
  it('makes the message', () => {
    const fault = { argument: 'items[1]', expected: 'a finite number' };
    const error = new DenseamError('ERR_RANGE', { ...fault, received: 'NaN' });
    expect(error).toMatchObject({ ...fault, received: 'NaN' });
    expect(error.message).toBe('Expected a finite number for items[1] but received NaN');
    const sum = new DenseamError('ERR_RANGE', { ...fault, found: 'their sum is 1.5', hint: 'divide by it' });
    expect(sum).toMatchObject({ ...fault, received: 'their sum is 1.5' });
    expect(sum.message).toBe('Expected a finite number for items[1] but their sum is 1.5; divide by it');
  });

  it('stands beside a message of its own', () => {
    const given = new DenseamError('ERR_RANGE', 'Expected better for items but received worse', { argument: 'items' });
    expect(given).toMatchObject({ argument: 'items', expected: undefined, received: undefined });
  });

  it('can call the argument by another name', () => {
    const error = new DenseamError('ERR_RANGE', {
      argument: 'options.k',
      expected: 'more',
      received: '0',
      hint: 'add',
    });
    const renamed = error.withArgument('-k');
    expect(renamed).toMatchObject({ code: 'ERR_RANGE', argument: '-k', expected: 'more', received: '0', cause: error });
    expect(renamed.message).toBe('Expected more for -k but received 0; add');
    const free = new DenseamError('ERR_RANGE', 'Expected more', { argument: 'options.k', expected: 'more' });
    expect(free.withArgument('-k')).toMatchObject({ message: 'Expected more', argument: '-k', expected: 'more' });
  });

  it('is there for errors of the native side', async () => {
    const items = { count: 1, dimension: 1, values: Float64Array.of(Number.NaN) };
    const error = await expectFailure(() => EuclideanMemory.create(items), 'ERR_NOT_FINITE');
    expect(error).toMatchObject({ argument: 'items.values[0][0]', expected: 'a finite number', received: 'NaN' });
  });

  it('has digits enough to tell numbers apart', async () => {
    const clouds = { count: 1, dimension: 1, offsets: Int32Array.of(0, 2), points: Float64Array.of(0, 1) };
    const weights = Float64Array.of(0.5, 0.5000011);
    await expectFailure(
      () => PointCloudMemory.create({ ...clouds, weights }, { epsilon: 1 }),
      'ERR_RANGE',
      'their sum is 1.0000011',
    );
    const covariances = Float64Array.of(1, 0.3, 0.3001234, 1);
    const skew = { count: 1, dimension: 2, structure: 'full', means: new Float64Array(2), covariances } as const;
    await expectFailure(() => GaussianMemory.create(skew), 'ERR_NOT_POSITIVE_DEFINITE', / 0\.3001234 at .* 0\.3 at /);
  });
});

describe('another copy of the class', () => {
  it('has instances of this one, and the other way round', async () => {
    vi.resetModules();
    const { DenseamError: Other } = await import('../../lib/core/errors.ts');
    expect(Other).not.toBe(DenseamError);
    expect(new Other('ERR_RANGE', 'of the other')).toBeInstanceOf(DenseamError);
    expect(new DenseamError('ERR_RANGE', 'of this')).toBeInstanceOf(Other);
    for (const value of [new Error('plain'), { code: 'ERR_RANGE' }, null, undefined, 'ERR_RANGE']) {
      expect(value instanceof DenseamError).toBe(false);
    }
  });
});

describe('a subclass', () => {
  it('has only instances of its own', () => {
    class Own extends DenseamError {}
    expect(new DenseamError('ERR_RANGE', 'of the base')).not.toBeInstanceOf(Own);
    expect(new Own('ERR_RANGE', 'of its own')).toBeInstanceOf(Own);
    expect(new Own('ERR_RANGE', 'of its own')).toBeInstanceOf(DenseamError);
  });
});

describe('a constructor of a memory', () => {
  it.each([GaussianMemory, EuclideanMemory, PointCloudMemory, VonMisesFisherMemory])(
    '%o names what to call',
    async (of) => {
      const make = of as unknown as new (...values: unknown[]) => unknown;
      await expectFailure(() => new make(), 'ERR_UNSUPPORTED', `${of.name}.`, `new ${of.name}`);
      await expectFailure(() => new make('full', 3), 'ERR_UNSUPPORTED', `${of.name}.`);
    },
  );
});
