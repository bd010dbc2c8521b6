// The memories of one sequence of calls, and right arguments for every verb and function.

import { join } from 'node:path';
import {
  EuclideanMemory,
  GaussianMemory,
  type Gaussians,
  PointCloudMemory,
  type Random,
  type Structure,
  VonMisesFisherMemory,
} from '../../../lib/index.ts';
import { functionCases } from '../../../test/core/functionCases.ts';
import { absent, epsilon, parameters } from '../../../test/core/goodValues.ts';
import { verbCases } from '../../../test/core/verbCases.ts';
import { ordinary, toSingle } from '../../../test/support/batches.ts';
import { oneOf } from './odd.ts';

const classes = { GaussianMemory, EuclideanMemory, PointCloudMemory, VonMisesFisherMemory };
type Name = keyof typeof classes;

/** An open memory or model, with right items or queries for it. */
export interface Own {
  readonly name: Name;
  readonly memory: object & { readonly size?: number; close(): void };
  readonly items: (count: number, random: Random) => unknown;
}

const structures: readonly Structure[] = ['full', 'diagonal', 'isotropic'];

function gaussiansOf(structure: Structure, count: number, dimension: number, isSingle: boolean): Gaussians {
  const batch = ordinary(structure, count, dimension);
  return isSingle ? toSingle(batch) : batch;
}

function vectorsOf(random: Random, count: number, dimension: number) {
  return { count, dimension, values: Float64Array.from({ length: count * dimension }, () => random.normal()) };
}

function cloudsOf(random: Random, count: number, dimension: number) {
  const offsets = Int32Array.from({ length: count + 1 }, (_, i) => 3 * i);
  const points = Float64Array.from({ length: 3 * count * dimension }, () => random.normal());
  return { count, dimension, offsets, points, weights: new Float64Array(3 * count).fill(1 / 3) };
}

/** A memory of any kind, with a few items. */
export async function anyMemory(random: Random): Promise<Own> {
  const name = oneOf(random, Object.keys(classes)) as Name;
  const dimension = 1 + random.integer(4);
  const count = 1 + random.integer(8);
  if (name === 'GaussianMemory') {
    const structure = oneOf(random, structures);
    const isSingle = random.integer(3) === 0;
    const items = (n: number) => gaussiansOf(structure, n, dimension, isSingle);
    return { name, memory: await GaussianMemory.create(items(count), { index: random.integer(2) === 0 }), items };
  }
  if (name === 'EuclideanMemory') {
    const items = (n: number, from: Random) => vectorsOf(from, n, dimension);
    return { name, memory: await EuclideanMemory.create(items(count, random)), items };
  }
  if (name === 'PointCloudMemory') {
    const items = (n: number, from: Random) => cloudsOf(from, n, dimension);
    return { name, memory: await PointCloudMemory.create(items(count, random), { epsilon }), items };
  }
  return { name, memory: await VonMisesFisherMemory.from(parameters), items: () => undefined };
}

/** A call with its arguments by name, still right. */
export interface Call {
  readonly what: string;
  readonly run: (...values: unknown[]) => unknown;
  readonly values: Readonly<Record<string, unknown>>;
}

const cases = { ...verbCases, ...functionCases };

function methodOf(what: string): [name: Name, method: string] | undefined {
  const [name, method] = what.split('.') as [Name, string];
  return method !== undefined && name in classes && method in classes[name].prototype ? [name, method] : undefined;
}

const verbs = Object.keys(cases).filter(methodOf);
const functions = Object.keys(cases).filter((what) => !methodOf(what));

/** The number of items; 1 for models and for closed memories. */
function sizeOf(memory: Own['memory']): number {
  try {
    return memory.size ?? 1;
  } catch {
    return 1;
  }
}

/** A verb of this memory. */
export function verbCall({ name, memory, items }: Own, random: Random, folder: string): Call {
  const what = oneOf(
    random,
    verbs.filter((each) => each.startsWith(`${name}.`)),
  );
  const method = what.slice(name.length + 1);
  const size = sizeOf(memory);
  const own: Record<string, unknown> = {
    queries: items(1 + random.integer(3), random),
    items: items(1 + random.integer(3), random),
    query: items(1, random),
    indices: Array.from({ length: 1 + random.integer(2) }, () => random.integer(size)),
  };
  const run = (...values: unknown[]) => (memory as Record<string, (...v: unknown[]) => unknown>)[method]?.(...values);
  const values = Object.entries(cases[what]?.values ?? {}).map(([key, value]) => [key, own[key] ?? value]);
  return { what, run, values: withPaths(Object.fromEntries(values), join(folder, name)) };
}

/** A function, a constructor, or what reads a file. */
export function functionCall(random: Random, folder: string): Call {
  const what = oneOf(random, functions);
  const { call, values } = cases[what] as (typeof cases)[string];
  return { what, run: call as Call['run'], values: withPaths(values, join(folder, what.split('.')[0] as string)) };
}

/** The values with a path of our own where the table has one at which nothing can be. */
function withPaths(values: Readonly<Record<string, unknown>>, path: string): Record<string, unknown> {
  const entries = Object.entries(values).map(([key, value]) => {
    if (value === absent) return [key, path];
    const isPlain = typeof value === 'object' && value !== null && 'checkpoint' in value;
    return [key, isPlain ? { ...value, checkpoint: path } : value];
  });
  return Object.fromEntries(entries);
}
