/** Bad input to everything that takes point clouds: coded errors that name the argument, and nothing done. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode, PointClouds } from '../../lib/index.ts';
import { PointCloudMemory, sinkhorn, sinkhornDivergence } from '../../lib/index.ts';
import { expectFailure } from '../support/assertions.ts';
import { copyOfClouds, someClouds } from './batches.ts';

const epsilon = 0.5;
const beta = 1;
const clouds: PointClouds = {
  count: 2,
  dimension: 2,
  offsets: Int32Array.of(0, 2, 5),
  points: Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
  weights: Float64Array.of(0.5, 0.5, 0.25, 0.5, 0.25),
};
const one: PointClouds = {
  count: 1,
  dimension: 2,
  offsets: Int32Array.of(0, 2),
  points: Float64Array.of(0, 1, 2, 3),
  weights: Float64Array.of(0.5, 0.5),
};
let memory: PointCloudMemory;

beforeAll(async () => {
  memory = await PointCloudMemory.create(clouds, { epsilon });
});

/** Every way to hand clouds in, with the name that errors call them. */
const takers: [verb: string, name: string, call: (batch: PointClouds) => Promise<unknown>][] = [
  ['create', 'items', (batch) => PointCloudMemory.create(batch, { epsilon })],
  ['add', 'items', (batch) => memory.add(batch)],
  ['divergences', 'queries', (batch) => memory.divergences(batch)],
  ['weights', 'queries', (batch) => memory.weights(batch, { beta })],
  ['energy', 'queries', (batch) => memory.energy(batch, { beta })],
  ['gradient', 'queries', (batch) => memory.gradient(batch, { beta })],
  ['step', 'queries', (batch) => memory.step(batch, { beta })],
  ['retrieve', 'queries', (batch) => memory.retrieve(batch, { beta })],
  ['sweep', 'queries', (batch) => memory.sweep(batch, { betas: [1, 2] })],
  ['nearest', 'queries', (batch) => memory.nearest(batch)],
  ['transportMaps', 'query', (batch) => memory.transportMaps(batch, [0])],
  ['sinkhorn from', 'sources', (batch) => sinkhorn(batch, clouds, { epsilon })],
  ['sinkhorn to', 'targets', (batch) => sinkhorn(clouds, batch, { epsilon })],
  ['sinkhornDivergence from', 'sources', (batch) => sinkhornDivergence(batch, clouds, { epsilon })],
  ['sinkhornDivergence to', 'targets', (batch) => sinkhornDivergence(clouds, batch, { epsilon })],
];

/** Each is one change to a good batch; the words must be in the message. */
const shapes: [what: string, change: object, ...mentions: string[]][] = [
  ['no cloud', { count: 0, offsets: Int32Array.of(0) }, 'count', '0'],
  ['a count that is none', { count: 1.5 }, 'count', '1.5'],
  ['no dimension', { dimension: undefined }, 'dimension', 'undefined'],
  ['a dimension that is none', { dimension: -2 }, 'dimension', '-2'],
  ['a dimension beyond arrays', { dimension: 2 ** 52 }, 'points', '2^53'],
  ['no offsets', { offsets: undefined }, 'offsets', 'Int32Array', 'undefined'],
  ['offsets of another type', { offsets: [0, 2, 5] }, 'offsets', 'Int32Array', 'an array of length 3'],
  ['too few offsets', { offsets: Int32Array.of(0, 2) }, 'offsets', '3', 'received 2'],
  ['offsets that begin elsewhere', { offsets: Int32Array.of(1, 2, 5) }, 'offsets[0]', 'received 1'],
  ['an empty cloud', { offsets: Int32Array.of(0, 0, 5) }, 'offsets[1]', 'more than 0', 'received 0'],
  ['offsets that fall', { offsets: Int32Array.of(0, 6, 5) }, 'offsets[2]', 'more than 6', 'received 5'],
  ['another last offset', { offsets: Int32Array.of(0, 2, 4) }, 'points', '8 numbers', 'received 10'],
  ['no points', { points: undefined }, 'points', 'Float64Array', 'undefined'],
  ['points of another type', { points: Array.from(clouds.points) }, 'points', 'Float64Array'],
  ['too few points', { points: new Float64Array(8) }, 'points', '5 x 2', 'received 8'],
  ['too many weights', { weights: new Float64Array(6) }, 'weights', '5', 'received 6'],
  ['weights of another type', { weights: Int32Array.of(1, 0, 0, 0, 1) }, 'weights', 'Float64Array', 'Int32Array'],
];

const values: [what: string, change: object, code: ErrorCode, ...mentions: string[]][] = [
  ['NaN', { points: clouds.points.with(5, Number.NaN) }, 'ERR_NOT_FINITE', '[1]', 'coordinate 1 of point 0', 'NaN'],
  ['infinity', { points: clouds.points.with(0, -Infinity) }, 'ERR_NOT_FINITE', '[0]', '-Infinity'],
  ['a weight of NaN', { weights: clouds.weights.with(3, Number.NaN) }, 'ERR_NOT_FINITE', '[1]', 'weight 1', 'NaN'],
  ['a negative weight', { weights: Float64Array.of(1.5, -0.5, 0.25, 0.5, 0.25) }, 'ERR_RANGE', '[0]', '-0.5'],
  ['another sum', { weights: Float64Array.of(0.5, 0.5, 0.25, 0.5, 0.26) }, 'ERR_RANGE', '[1]', '1.01'],
  ['squares that overflow', { points: clouds.points.with(2, 1e200) }, 'ERR_RANGE', '[0]', '1e150'],
];

describe.each(takers)('%s refuses', (_, name, call) => {
  // The one verb that takes a single cloud is given its shapes by way of the others.
  const refuses = async (batch: PointClouds, code: ErrorCode, mentions: readonly string[]) => {
    await expectFailure(() => call(batch), code, name, ...mentions);
  };

  it.each([null, undefined, 5, 'clouds'])('%j instead of clouds', async (wrong) => {
    await refuses(wrong as never, 'ERR_SHAPE', []);
  });

  it.each(shapes)('%s', async (__, change, ...mentions) => {
    await refuses({ ...clouds, ...change }, 'ERR_SHAPE', mentions);
  });

  it.each(['points', 'weights', 'offsets'] as const)('%s whose buffer was transferred', async (field) => {
    const batch = copyOfClouds(clouds);
    structuredClone(batch[field], { transfer: [batch[field].buffer as ArrayBuffer] });
    await refuses(batch, 'ERR_SHAPE', [field, 'detached']);
  });

  it('clouds of another dimension', async () => {
    if (name === 'items' && _ === 'create') return; // which decides it
    const expected = name === 'sources' ? 'targets' : name; // those of the targets have to go with those of the sources
    await expectFailure(() => call(someClouds(1, [2], 3)), 'ERR_SHAPE', `${expected}.dimension`);
  });

  it.each(values)('%s', async (__, change, code, ...mentions) => {
    const batch = { ...clouds, ...change };
    if (name === 'query') {
      const { offsets, points, weights } = batch;
      const at = mentions[0] === '[1]' ? 1 : 0;
      const [begin, end] = [offsets[at] as number, offsets[at + 1] as number];
      const single = { count: 1, dimension: 2, offsets: Int32Array.of(0, end - begin) };
      const own = { points: points.slice(2 * begin, 2 * end), weights: weights.slice(begin, end) };
      return refuses({ ...single, ...own }, code, mentions.slice(1));
    }
    await refuses(batch, code, mentions);
  });
});

it.each([
  ['points', 5, Number.NaN, 'NaN (coordinate 1 of point 0 of items[1])', 'a finite number'],
  ['weights', 3, Infinity, 'Infinity (weight 1 of items[1])', 'a finite number'],
  ['weights', 4, -1, '-1 (weight 2 of items[1])', 'a number of at least 0'],
] as const)('%s[%i] of %d is named by its path', async (field, at, value, received, expected) => {
  const batch = { ...clouds, [field]: clouds[field].with(at, value) };
  const error = await expectFailure(() => memory.add(batch), ['ERR_NOT_FINITE', 'ERR_RANGE']);
  expect(error).toMatchObject({ argument: `items.${field}[${at}]`, expected, received });
});

it('a number in a later part of a batch is named by its path in the whole', async () => {
  const [count, dimension] = [20, 2 ** 17]; // 2 MiB a cloud
  const batch = {
    count,
    dimension,
    offsets: Int32Array.from({ length: count + 1 }, (_, i) => 2 * i),
    points: new Float64Array(count * 2 * dimension),
    weights: new Float64Array(count * 2).fill(0.5),
  };
  const at = (2 * 17 + 1) * dimension + 5;
  batch.points[at] = Number.NaN;
  const error = await expectFailure(() => PointCloudMemory.create(batch, { epsilon }), 'ERR_NOT_FINITE');
  expect(error).toMatchObject({
    argument: `items.points[${at}]`,
    received: 'NaN (coordinate 5 of point 1 of items[17])',
  });
});

it('after all that the memory is as it was, and good clouds are fine', async () => {
  expect(memory.size).toBe(2);
  for (const [, name, call] of takers) await call(name === 'query' ? one : clouds).catch(expect.fail);
  await memory.remove([2, 3]);
  expect(memory.size).toBe(2);
});

const verbs: [name: string, required: object, call: (options: never) => Promise<unknown>][] = [
  ['create', { epsilon }, (options) => PointCloudMemory.create(clouds, options)],
  ['load', {}, (options) => PointCloudMemory.load('/absent', options)],
  ['add', {}, (options) => memory.add(clouds, options)],
  ['get', {}, (options) => memory.get([0], options)],
  ['remove', {}, (options) => memory.remove([0], options)],
  ['save', {}, (options) => memory.save('/absent/absent', options)],
  ['divergences', {}, (options) => memory.divergences(clouds, options)],
  ['weights', { beta }, (options) => memory.weights(clouds, options)],
  ['energy', { beta }, (options) => memory.energy(clouds, options)],
  ['gradient', { beta }, (options) => memory.gradient(clouds, options)],
  ['step', { beta }, (options) => memory.step(clouds, options)],
  ['retrieve', { beta }, (options) => memory.retrieve(clouds, options)],
  ['sweep', { betas: [beta] }, (options) => memory.sweep(clouds, options)],
  ['nearest', {}, (options) => memory.nearest(clouds, options)],
  ['transportMaps', {}, (options) => memory.transportMaps(one, [0], options)],
  ['sinkhorn', { epsilon }, (options) => sinkhorn(clouds, clouds, options)],
  ['sinkhornDivergence', { epsilon }, (options) => sinkhornDivergence(clouds, clouds, options)],
];

describe.each(verbs)('options of %s:', (name, required, call) => {
  it.each([null, 5, 'fast'])('%j is refused', async (wrong) => {
    await expectFailure(() => call(wrong as never), 'ERR_SHAPE', 'options');
  });

  it.each<[object, ErrorCode, ...string[]]>([
    [{ signal: {} }, 'ERR_SHAPE', 'options.signal'],
    [{ onProgress: 5 }, 'ERR_SHAPE', 'options.onProgress'],
    [{ Beta: 1 }, 'ERR_RANGE', 'options', 'Beta'],
  ])('%j is refused', async (extra, code, ...mentions) => {
    await expectFailure(() => call({ ...required, ...extra } as never), code, ...mentions);
  });

  it('what would be ignored is refused', async () => {
    const takesEpsilon = 'epsilon' in required;
    const extra = takesEpsilon ? { beta } : { epsilon };
    const [ignored] = Object.keys(extra);
    await expectFailure(() => call({ ...required, ...extra } as never), 'ERR_RANGE', 'options', ignored as string);
    if (takesEpsilon || name === 'load') return;
    const solver = { marginalTolerance: 1e-3 };
    await expectFailure(() => call({ ...required, ...solver } as never), 'ERR_RANGE', 'marginalTolerance');
  });

  it.each(Object.keys(required).flatMap((key) => [undefined, 0, -1, Number.NaN, Infinity, '1'].map((v) => [key, v])))(
    '%s of %j is refused',
    async (key, wrong) => {
      const value = key === 'betas' ? [1, wrong] : wrong;
      await expectFailure(() => call({ ...required, [key as string]: value } as never), 'ERR_RANGE', `options.${key}`);
    },
  );
});

describe('options with a range of their own', () => {
  const any = (options: object) => options as never;
  const solver: [object, string][] = [
    [{ marginalTolerance: 0 }, 'marginalTolerance'],
    [{ marginalTolerance: 0.02 }, 'marginalTolerance'],
    [{ marginalTolerance: '1e-9' }, 'marginalTolerance'],
    [{ maxSolverIterations: 0 }, 'maxSolverIterations'],
    [{ maxSolverIterations: 2.5 }, 'maxSolverIterations'],
    [{ maxSolverIterations: 2 ** 31 }, 'maxSolverIterations'],
  ];
  it.each(solver)('of the solver: %j', async (options, name) => {
    const mention = `options.${name}`;
    await expectFailure(() => PointCloudMemory.create(clouds, { epsilon, ...options }), 'ERR_RANGE', mention);
    await expectFailure(() => PointCloudMemory.load('/absent', any(options)), 'ERR_RANGE', mention);
    await expectFailure(() => sinkhorn(clouds, clouds, { epsilon, ...options }), 'ERR_RANGE', mention);
    await expectFailure(() => sinkhornDivergence(clouds, clouds, { epsilon, ...options }), 'ERR_RANGE', mention);
  });

  const flow: [object, ...string[]][] = [
    [{ transportStep: -0.1 }, 'transportStep'],
    [{ transportStep: 1.1 }, 'transportStep', 'at most 1', '1.1'],
    [{ reweightStep: -1 }, 'reweightStep'],
    [{ reweightStep: Infinity }, 'reweightStep'],
    [{ gated: 'no' }, 'gated', 'true or false'],
    [{ tolerance: -1 }, 'tolerance'],
    [{ maxIterations: -1 }, 'maxIterations'],
    [{ trajectory: 1 }, 'trajectory', 'true or false'],
    [{ pruning: { mass: 1 } }, 'pruning.mass'],
    [{ pruning: { mass: 0.5, most: 1 } }, 'pruning', 'most'],
  ];
  it.each(flow)('of the flow: %j', async (options, ...mentions) => {
    await expectFailure(() => memory.retrieve(clouds, any({ beta, ...options })), 'ERR_RANGE', ...mentions);
    await expectFailure(() => memory.sweep(clouds, any({ betas: [1], ...options })), 'ERR_RANGE', ...mentions);
  });

  it('of single verbs', async () => {
    const refused = (call: () => unknown, ...mentions: string[]) => expectFailure(call, 'ERR_RANGE', ...mentions);
    await refused(() => memory.step(clouds, { beta, transportStep: 2 }), 'options.transportStep');
    await refused(() => memory.step(clouds, { beta, reweightStep: Number.NaN }), 'options.reweightStep');
    for (const verb of ['weights', 'energy', 'gradient', 'step'] as const) {
      await refused(() => memory[verb](clouds, any({ beta, pruning: 'yes' })).catch(asRange), 'options.pruning');
    }
    await refused(() => memory.nearest(clouds, { k: 0 }), 'options.k', '1 to 2');
    await refused(() => memory.nearest(clouds, { k: 3 }), 'options.k', '1 to 2', '3');
    await refused(() => memory.nearest(clouds, any({ pruning: { mass: 0.1 } })), 'options.pruning');
    await refused(() => memory.retrieve(clouds, any({ beta: [] })), 'options.beta');
    await refused(() => memory.retrieve(clouds, any({ beta: [1, 0] })), 'options.beta[1]');
    await refused(() => memory.retrieve(clouds, any({ beta, betas: [1] })), '"betas"');
    await refused(() => memory.sweep(clouds, any({ betas: [1], beta })), 'received "beta"');
    await refused(() => sinkhorn(clouds, clouds, any({ epsilon, plans: 1 })), 'options.plans');
    await refused(() => sinkhornDivergence(clouds, clouds, any({ epsilon, gradient: 'x' })), 'options.gradient');
  });

  it('an epsilon in units of which squares overflow', async () => {
    await expectFailure(() => PointCloudMemory.create(clouds, { epsilon: 5e-324 }), 'ERR_RANGE', 'items[0]');
  });
});

/** What is no object is a wrong shape where others are out of range. */
function asRange(error: { code: string; message: string }): never {
  expect(error.code).toBe('ERR_SHAPE');
  throw Object.assign(error, { code: 'ERR_RANGE' });
}

describe('indices', () => {
  it.each<[unknown, ErrorCode, string | RegExp]>([
    [[2], 'ERR_RANGE', /0 to 1 for indices\[0\] .* 2$/],
    [[0, -1], 'ERR_RANGE', /indices\[1\].*-1/],
    [[0.5], 'ERR_RANGE', '0.5'],
    [[Number.NaN], 'ERR_RANGE', 'NaN'],
    [[], 'ERR_SHAPE', 'at least one'],
    ['0', 'ERR_SHAPE', 'indices'],
    [undefined, 'ERR_SHAPE', 'indices'],
  ])('%j are refused', async (wrong, code, mention) => {
    const indices = wrong as number[];
    await expectFailure(() => memory.get(indices), code, mention);
    await expectFailure(() => memory.remove(indices), code, mention);
    await expectFailure(() => memory.transportMaps(one, indices), code, mention);
    expect(memory.size).toBe(2);
  });

  it('a map from two clouds is refused', async () => {
    await expectFailure(() => memory.transportMaps(clouds, [0]), 'ERR_SHAPE', 'query.count', '1', '2');
  });
});

describe('pairs and costs', () => {
  it('counts must be equal or 1', async () => {
    const three = someClouds(1, [1, 2, 3], 2);
    await expectFailure(() => sinkhorn(clouds, three, { epsilon }), 'ERR_SHAPE', 'targets.count', '2', '3');
    await expectFailure(() => sinkhornDivergence(three, clouds, { epsilon }), 'ERR_SHAPE', 'targets.count', '3', '2');
  });

  const cost = { rows: 2, columns: 3, data: Float64Array.of(0, 1, 2, 3, 4, 5) };
  const problem = { cost, rowWeights: [0.5, 0.5], columnWeights: Float64Array.of(0.25, 0.5, 0.25) };
  it.each<[object, ErrorCode, ...string[]]>([
    [{ cost: 5 }, 'ERR_SHAPE', 'problem.cost'],
    [{ cost: { ...cost, rows: 0 } }, 'ERR_SHAPE', 'problem.cost.rows'],
    [{ cost: { ...cost, columns: 4 } }, 'ERR_SHAPE', 'problem.cost.data', '8', '6'],
    [{ cost: { ...cost, data: cost.data.with(4, Number.NaN) } }, 'ERR_NOT_FINITE', 'cost', 'NaN'],
    [{ rowWeights: undefined }, 'ERR_SHAPE', 'problem.rowWeights'],
    [{ rowWeights: [1] }, 'ERR_SHAPE', 'problem.rowWeights', '2', '1'],
    [{ rowWeights: [1, '0'] }, 'ERR_SHAPE', 'problem.rowWeights[1]'],
    [{ rowWeights: [1.5, -0.5] }, 'ERR_RANGE', 'rowWeights', '-0.5'],
    [{ rowWeights: [0.5, 0.6] }, 'ERR_RANGE', 'rowWeights', '1.1'],
    [{ columnWeights: [0, 0, Number.NaN] }, 'ERR_NOT_FINITE', 'columnWeights', 'NaN'],
    [{ columnWeights: [1, 1, 1] }, 'ERR_RANGE', 'columnWeights', '3'],
  ])('a problem with %j is refused', async (change, code, ...mentions) => {
    await expectFailure(() => sinkhorn({ ...problem, ...change }, { epsilon }), code, ...mentions);
  });

  it('options of a problem are checked, too', async () => {
    await expectFailure(() => sinkhorn(problem, undefined as never), 'ERR_SHAPE', 'options');
    await expectFailure(() => sinkhorn(problem, { epsilon: 0 }), 'ERR_RANGE', 'options.epsilon');
    expect((await sinkhorn(problem, { epsilon })).stopped).toBe('converged');
  });
});

describe('more than memory holds', () => {
  // A refusal takes microseconds; should it compute instead, it is stopped so that the other tests can run.
  const refused = (call: (signal: AbortSignal) => Promise<unknown>) =>
    expectFailure(() => call(AbortSignal.timeout(2000)), 'ERR_OUT_OF_MEMORY');
  // 1e6 points: a trillion costs of 8 bytes.
  const huge: PointClouds = {
    count: 1,
    dimension: 1,
    offsets: Int32Array.of(0, 1_000_000),
    points: new Float64Array(1_000_000),
    weights: new Float64Array(1_000_000).fill(1e-6),
  };
  const small: PointClouds = {
    ...huge,
    offsets: Int32Array.of(0, 1),
    points: Float64Array.of(3),
    weights: Float64Array.of(1),
  };

  it('is refused where all of a plan is asked for, and not where only points are kept', async () => {
    await refused((signal) => sinkhorn(huge, huge, { epsilon, signal }));
    await refused((signal) => sinkhorn(huge, huge, { epsilon, signal, plans: true }));
    // A trillion costs that are not kept: it takes hours, and ends when it is told to.
    const call = sinkhornDivergence(small, huge, { epsilon, signal: AbortSignal.timeout(200) });
    await expect(call).rejects.toThrow('timeout');
  });
});
