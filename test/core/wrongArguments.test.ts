/**
 * Every exported function and verb, with a wrong value in every argument and option: a coded error that names it, never
 * another.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as denseam from '../../lib/index.ts';
import { DenseamError } from '../../lib/index.ts';
import { check } from '../support/check.ts';
import { functionCases } from './functionCases.ts';
import { absent, type Case } from './goodValues.ts';
import { verbCases } from './verbCases.ts';

const { EuclideanMemory, GaussianMemory, PointCloudMemory, VonMisesFisherMemory } = denseam;

const cases = { ...verbCases, ...functionCases };

/** What messages call arguments that are taken apart. */
const aliases: Readonly<Record<string, RegExp>> = {
  problem: /problem|sources/,
  arrays: /arrays|kind|means|covariances/,
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** An object on which whatever is looked at throws. */
const throwing: object = new Proxy(
  {},
  {
    get: () => {
      throw new TypeError('from the trap');
    },
  },
);

/** What is wrong wherever this is right. */
function wrongsFor(good: unknown, name: string): unknown[] {
  const never: unknown[] = [Symbol('wrong'), revoked(), throwing, null];
  if (name !== 'options') never.push(new Map(), new Date(0), /x/); // objects without options
  if (name !== 'seed') never.push(5n);
  if (typeof good !== 'function') never.push(() => {});
  if (typeof good === 'number') return [...never, Number.NaN, '1', true, {}, [], -1.5];
  if (good === absent) return [...never, 1, {}, [], '', `${absent}/`, new URL('data:,x')];
  if (typeof good === 'string') return [...never, 1, {}, []];
  if (typeof good === 'boolean') return [...never, 1, 'true', {}, []];
  if (ArrayBuffer.isView(good)) return [...never, 1, 'x', {}, new DataView(new ArrayBuffer(8))];
  if (Array.isArray(good))
    return [
      ...never,
      'x',
      {},
      [Symbol('in a list')],
      ...(typeof good[0] === 'number' ? [[...good, ...good, 'x']] : []),
    ];
  return [...never, 1, 'x', [], 'x'.repeat(1e6)];
}

interface Wrong {
  readonly name: string;
  readonly argument: string;
  /** As the message should call it. */
  readonly part: string;
  readonly values: readonly unknown[];
}

/** The case with each of its arguments, and each part of one, wrong in each of these ways. */
function wrongCalls(name: string, { values }: Case): Wrong[] {
  const entries = Object.entries(values);
  return entries.flatMap(([argument, good], position) => {
    const withValue = (value: unknown) => entries.map(([, own], i) => (i === position ? value : own));
    const whole = wrongsFor(good, argument).map((value) => ({
      name,
      argument,
      part: argument,
      values: withValue(value),
    }));
    const isObject = typeof good === 'object' && good !== null && !Array.isArray(good) && !ArrayBuffer.isView(good);
    if (!isObject || argument === 'memory') return whole;
    const parts = Object.entries(good).flatMap(([key, own]) =>
      wrongsFor(own, key).map((value) => ({
        name,
        argument,
        part: `${argument}.${key}`,
        values: withValue({ ...good, [key]: value }),
      })),
    );
    const unknown = { name, argument, part: `${argument}.Unknown`, values: withValue({ ...good, Unknown: 1 }) };
    return [...whole, ...parts, ...(argument === 'options' ? [unknown] : [])];
  });
}

async function failureOf(make: () => unknown): Promise<unknown> {
  try {
    await make();
    return undefined;
  } catch (error) {
    return error;
  }
}

const publicClasses = { GaussianMemory, EuclideanMemory, PointCloudMemory, VonMisesFisherMemory };
const withoutArguments = ['close', 'constructor'];

describe('the table', () => {
  it('has every exported function', () => {
    const functions = Object.entries(denseam).filter(([, value]) => typeof value === 'function');
    const names = functions.map(([name]) => name).filter((name) => !(name in publicClasses));
    const others = ['DenseamError', 'threads'];
    expect(names.filter((name) => !(name in cases) && !others.includes(name))).toEqual([]);
  });

  it.each(Object.entries(publicClasses))('has every verb of %s', (name, Class) => {
    const methods: string[] = [];
    for (let at: object = Class.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
        if (typeof value === 'function' && !withoutArguments.includes(key)) methods.push(key);
      }
    }
    const statics = Object.getOwnPropertyNames(Class).filter((key) => typeof Class[key as never] === 'function');
    const missing = [...methods, ...statics].filter((key) => !(`${name}.${key}` in cases) && !internal.has(key));
    expect(missing).toEqual([]);
  });
});

/** What the language does not hide, but the types do. */
const internal = new Set([
  'checkedBatch',
  'fill',
  'fillFrom',
  'fromStates',
  'make',
  'reading',
  'stage',
  'takes',
  'toBatch',
  'toOwnKind',
]);

describe.each(Object.entries(cases))('%s', (name, own) => {
  it('refuses what is wrong with a coded error that names it', async () => {
    for (const { argument, part, values } of wrongCalls(name, own)) {
      const error = await failureOf(() => own.call(...(values as never[])));
      const what = `${name}, wrong ${part}: ${String(error)} ${error instanceof Error ? error.stack : ''}`;
      if (!(error instanceof DenseamError)) expect.fail(`${what} is no DenseamError`);
      expect(error.code, what).toMatch(/^ERR_/);
      expect(error.message, what).toMatch(aliases[argument] ?? argument);
      expect(error.message.length, what).toBeLessThan(1000);
    }
  });
});

it('anything at all in an option is taken or refused with a coded error', async () => {
  const optional = Object.entries(cases).flatMap(([name, own]) =>
    Object.keys((own.values.options as object | undefined) ?? {}).map((key) => ({ name, key })),
  );
  const options = fc.record({ at: fc.constantFrom(...optional), value: fc.anything({ withBigInt: true }) });
  await check(options, 500, async ({ at, value }) => {
    const own = cases[at.name] as Case;
    const good = own.values.options as Record<string, unknown>;
    if (typeof value === 'number' && value > 100) return; // a valid count, however large, is computed
    if (typeof value === 'string' && good[at.key] === absent) return; // any text is a path, and would be written to
    const options = { ...good, [at.key]: value };
    const values = Object.entries({ ...own.values, options }).map(([, each]) => each);
    const error = await failureOf(() => own.call(...(values as never[])));
    const isOfSystem = (error as { code?: unknown } | undefined)?.code === 'ENOENT'; // the path that is not there
    if (error !== undefined && !(error instanceof DenseamError) && !isOfSystem) throw error;
  });
});
