import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PlainSinkhorn } from './peers/plainSinkhorn.ts';
import { stopwatch } from './timing.ts';

/**
 * The plain JavaScript of bench/peers in a process of its own, which takes the commands of
 * bench/peers/python/sinkhorn.py.
 */

interface Loaded {
  readonly settings: { count: number; dimension: number; epsilon: number; tolerance: number; checkEvery: number };
  readonly sources: Float64Array;
  readonly targets: Float64Array;
  readonly sourceWeights: Float64Array;
  readonly targetWeights: Float64Array;
}

function load(folder: string): Loaded {
  const read = (name: string) => {
    const { buffer, byteOffset, byteLength } = readFileSync(join(folder, `${name}.bin`));
    return new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength));
  };
  return {
    settings: JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8')),
    sources: read('sources'),
    targets: read('targets'),
    sourceWeights: read('sourceWeights'),
    targetWeights: read('targetWeights'),
  };
}

function problem(loaded: Loaded, pair: number): PlainSinkhorn {
  const { dimension, epsilon, count } = loaded.settings;
  const part = (numbers: Float64Array) => {
    const length = numbers.length / count;
    return numbers.subarray(pair * length, (pair + 1) * length);
  };
  const { sources, targets, sourceWeights, targetWeights } = loaded;
  return new PlainSinkhorn(part(sources), part(targets), part(sourceWeights), part(targetWeights), dimension, epsilon);
}

function solve(loaded: Loaded, first: number, count: number, limit: number): object {
  const { tolerance, checkEvery, epsilon } = loaded.settings;
  const deadline = performance.now() + 1e3 * limit;
  const spent = stopwatch();
  const solved = Array.from({ length: count }, (_, at) => {
    const one = problem(loaded, first + at);
    return { one, solution: one.solve(tolerance, checkEvery, deadline) };
  });
  const cost = spent();
  const verified = solved.flatMap(({ one, solution }) =>
    solution ? [{ ...one.verify(solution, epsilon), sweeps: solution.sweeps }] : [],
  );
  const complete = verified.length === count ? verified : [];
  return {
    ...cost,
    values: complete.map(({ value }) => value),
    errors: complete.map(({ error }) => error),
    sweeps: complete.map(({ sweeps }) => sweeps),
  };
}

let loaded: Loaded | undefined;
for await (const line of createInterface(process.stdin)) {
  const [command, ...words] = line.split(' ');
  let answer = {};
  if (command === 'load') loaded = load(words.join(' '));
  else answer = solve(loaded as Loaded, Number(words[1]), Number(words[2]), Number(words[3]));
  console.log(JSON.stringify(answer));
}
