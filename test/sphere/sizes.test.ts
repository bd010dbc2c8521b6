/** Huge counts are refused before anything is made of them, and long work hears the signal. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  classWeightMultipliers,
  duplicate,
  sampleUniformSphere,
  setThreads,
  solveSaddlePoint,
  solveTeacherSaddlePoint,
  stationarity,
  threads,
  toSphere,
  VonMisesFisherMemory,
} from '../../lib/index.ts';
import { expectFailure } from '../support/assertions.ts';

const initialThreads = threads();
afterEach(() => setThreads(initialThreads));

const teacher = { dimension: 1000, teacherUnits: 10, teacherClassShares: [0.5, 0.5], beta: 1 };
const pattern = { count: 1, dimension: 1, values: Float64Array.of(1) };

/** Two units, and so many classes that the tables among them are terabytes. */
function manyClasses(count: number) {
  const even = new Float64Array(count).fill(1 / count);
  const data = Float64Array.from({ length: 2 * count }, () => 0.5 / count);
  return { even, table: { rows: 2, columns: count, data } };
}

const { even, table } = manyClasses(400_000);
const model = { dimension: 1, hiddenUnits: 1, classes: 399_999, beta: 1, betaScale: 1 };

describe('what does not fit in memory', () => {
  it.each([
    ['a student of 10^8 units', () => solveTeacherSaddlePoint({ ...teacher, hiddenUnits: 1e8 })],
    ['of as many as can be', () => solveTeacherSaddlePoint({ ...teacher, hiddenUnits: 2 ** 31 - 1 })],
    [
      'with shares of 400,000 classes',
      () => solveTeacherSaddlePoint({ ...teacher, hiddenUnits: 1, teacherClassShares: even }),
    ],
    [
      'a teacher of 10^9 memories',
      () => solveTeacherSaddlePoint({ ...teacher, dimension: 1e9, teacherUnits: 1e9, hiddenUnits: 1 }),
    ],
    [
      'a student of patterns',
      () =>
        solveSaddlePoint(pattern, { rows: 1, columns: 2, data: Float64Array.of(0, 1) }, { beta: 1, hiddenUnits: 2e9 }),
    ],
    [
      'multipliers of 400,000 classes',
      () => classWeightMultipliers(table, { hiddenShares: [0.5, 0.5], classShares: even }),
    ],
    [
      'stationarity with as many',
      () => stationarity({ ...model, memories: Float64Array.of(1), classWeights: table }, { ...pattern, labels: [1] }),
    ],
    ['a sample', () => sampleUniformSphere({ count: 1, dimension: 2 ** 50 })],
    [
      'a splitting that looks at every row',
      () =>
        VonMisesFisherMemory.train(
          { count: 1e6, dimension: 1, values: new Float32Array(1e6).fill(1), classes: 1 },
          { hiddenUnits: 9e5, batchSize: 1, splitting: { from: 1, rows: 1e6 } },
        ),
    ],
  ])('%s is refused at once', async (_, call) => {
    const [start, before] = [performance.now(), process.memoryUsage().rss];
    await expectFailure(call, 'ERR_OUT_OF_MEMORY');
    // Shares and tables of the size of the caller's own are read; a table of the counts themselves would take
    // gigabytes.
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('the signal', () => {
  it('is heard by the solver of eq. 21 itself', async () => {
    setThreads(1);
    const [rows, columns] = [2000, 1500];
    const data = Float64Array.from({ length: rows * columns }, (_, at) => 1 + (at % 7));
    const controller = new AbortController();
    const hiddenShares = new Float64Array(rows).fill(1 / rows);
    const classShares = new Float64Array(columns).fill(1 / columns);
    // Minutes of work, on the one thread that there is.
    const solving = classWeightMultipliers(
      { rows, columns, data },
      { hiddenShares, classShares, signal: controller.signal },
    );
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(solving).rejects.toThrow('enough');
    const start = performance.now();
    await toSphere({ count: 1, dimension: 2, values: Float64Array.of(3, 4) });
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('is heard while a teacher is made', async () => {
    const controller = new AbortController();
    const options = { ...teacher, dimension: 20_000, teacherUnits: 4000, hiddenUnits: 1, signal: controller.signal };
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(solveTeacherSaddlePoint(options)).rejects.toThrow('enough');
  });
});

it('as many copies as there are memories take time in proportion', () => {
  const hiddenUnits = 200_000;
  const classWeights = {
    rows: hiddenUnits + 1,
    columns: 2,
    data: new Float64Array(2 * (hiddenUnits + 1)).fill(0.5 / (hiddenUnits + 1)),
  };
  const parameters = {
    ...model,
    classes: 1,
    hiddenUnits,
    memories: new Float64Array(hiddenUnits).fill(1),
    classWeights,
  };
  const start = performance.now();
  const indices = Int32Array.from({ length: hiddenUnits }, (_, at) => at);
  expect(duplicate(parameters, indices).hiddenUnits).toBe(2 * hiddenUnits);
  expect(performance.now() - start).toBeLessThan(4000);
});
