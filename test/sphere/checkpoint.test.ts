/** Checkpoints: a run that was killed goes on to the same bits, and no failure loses the last one. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sampleUniformSphere, VonMisesFisherMemory } from '../../lib/index.ts';
import { formatNpy } from '../../lib/io/numpy/npy.ts';
import type { SphereTrainingData } from '../../lib/sphere/types.ts';
import { expectFailure, expectSameBits } from '../support/assertions.ts';
import { type CompiledPackage, compilePackage } from '../support/compiledPackage.ts';

const count = 240;
const dimension = 12;
const options = {
  hiddenUnits: 16,
  beta: { trainedFrom: 8 },
  batchSize: 50,
  maxEpochs: 14,
  patience: 14,
  splitting: { from: 4, epochs: 4 },
  seed: 9,
} as const;

let compiled: CompiledPackage;
let folder: string;
let checkpoint: string;
let data: SphereTrainingData;
let whole: VonMisesFisherMemory;

beforeAll(async () => {
  compiled = compilePackage();
  folder = mkdtempSync(join(tmpdir(), 'denseam-checkpoint-'));
  const { values } = await sampleUniformSphere({ count, dimension, seed: 3 });
  writeFileSync(join(folder, 'data.npy'), formatNpy([count, dimension], values));
  data = { count, dimension, values, labels: Array.from({ length: count }, (_, i) => 1 + (i % 3)), classes: 3 };
  whole = await VonMisesFisherMemory.train(data, options);
}, 60_000);
beforeEach(() => {
  checkpoint = join(folder, `${Math.random()}.safetensors`);
});
afterAll(() => {
  compiled?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * A training in a process of its own, under a shell command that may set limits; killed after that epoch if one is
 * given.
 */
async function trainInChild(
  prefix: string,
  killAfter?: number,
): Promise<{ stdout: string; stderr: string; code: number | null }> {
  const script = fileURLToPath(new URL('./children/train.mjs', import.meta.url));
  const args = [
    process.execPath,
    script,
    compiled.entry,
    checkpoint,
    join(folder, 'data.npy'),
    JSON.stringify(options),
  ];
  const child = spawn('bash', ['-c', `${prefix} exec "$@"`, 'bash', ...args]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    if (killAfter !== undefined && stdout.split('\n').includes(String(killAfter))) child.kill('SIGKILL');
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done) => child.on('close', (code) => done({ stdout, stderr, code })));
}

function expectSameModel(actual: VonMisesFisherMemory, expected: VonMisesFisherMemory): void {
  expectSameBits('memories', actual.memories, expected.memories);
  expectSameBits('class weights', actual.classWeights.data, expected.classWeights.data);
  expect(actual.beta).toBe(expected.beta);
  const timeless = ({ history }: VonMisesFisherMemory) => history.map(({ seconds: _, ...record }) => record);
  expect(timeless(actual)).toEqual(timeless(expected));
}

describe('resume', { timeout: 60_000 }, () => {
  // Epochs 1 and 13 lie inside a stage; a split follows 4 and 8.
  it.each([1, 4, 8, 13])(
    'after a kill at epoch %i ends with the bits of a run that was not interrupted',
    async (epoch) => {
      const { code } = await trainInChild('', epoch);
      expect(code).toBeNull();
      const resumed = await VonMisesFisherMemory.resume(checkpoint, data);
      expectSameModel(resumed, whole);
    },
  );

  it('of a run that has ended gives its memory, and runs nothing', async () => {
    await VonMisesFisherMemory.train(data, { ...options, checkpoint });
    const epochs: unknown[] = [];
    const memory = await VonMisesFisherMemory.resume(checkpoint, data, { onEpoch: (record) => epochs.push(record) });
    expectSameModel(memory, whole);
    expect(epochs).toHaveLength(0);
  });

  it('of very many classes', async () => {
    const many = { ...data, classes: 20_000 };
    const run = { hiddenUnits: 1, beta: 1, maxEpochs: 1, checkpoint };
    const trained = await VonMisesFisherMemory.train(many, run);
    expectSameModel(await VonMisesFisherMemory.resume(checkpoint, many), trained);
  });

  it('keeps the checkpoint from there on: a run may be interrupted again and again', async () => {
    const interrupt = async (run: (signal: AbortSignal, onEpoch: () => void) => Promise<unknown>) => {
      const controller = new AbortController();
      await expect(run(controller.signal, () => controller.abort(new Error('stop')))).rejects.toThrow('stop');
    };
    await interrupt((signal, onEpoch) => VonMisesFisherMemory.train(data, { ...options, checkpoint, signal, onEpoch }));
    for (let again = 0; again < 5; again++) {
      await interrupt((signal, onEpoch) => VonMisesFisherMemory.resume(checkpoint, data, { signal, onEpoch }));
    }
    expectSameModel(await VonMisesFisherMemory.resume(checkpoint, data), whole);
  });

  it('refuses other data', async () => {
    await VonMisesFisherMemory.train(data, { ...options, maxEpochs: 2, checkpoint });
    const values = data.values.map((x) => -x);
    await expectFailure(
      () => VonMisesFisherMemory.resume(checkpoint, { ...data, values }),
      'ERR_RANGE',
      'data',
      checkpoint,
    );
    const labels = Array.from(data.labels as number[]).reverse();
    await expectFailure(() => VonMisesFisherMemory.resume(checkpoint, { ...data, labels }), 'ERR_RANGE', 'data');
  });

  it('refuses a checkpoint that was cut or altered, or another file', async () => {
    await VonMisesFisherMemory.train(data, { ...options, maxEpochs: 2, checkpoint });
    const bytes = readFileSync(checkpoint);
    const damaged = join(folder, 'damaged.safetensors');
    for (const at of [bytes.length - 100, Math.floor(bytes.length / 2)]) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] as number) ^ 1;
      writeFileSync(damaged, altered);
      await expectFailure(() => VonMisesFisherMemory.resume(damaged, data), 'ERR_CORRUPT_FILE', damaged);
    }
    writeFileSync(damaged, bytes);
    truncateSync(damaged, bytes.length - 1);
    await expectFailure(() => VonMisesFisherMemory.resume(damaged, data), 'ERR_CORRUPT_FILE', damaged);
    await whole.save(damaged);
    await expectFailure(() => VonMisesFisherMemory.resume(damaged, data), 'ERR_CORRUPT_FILE', 'von-mises-fisher');
    await expect(VonMisesFisherMemory.resume(join(folder, 'none'), data)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a checkpoint that cannot be written', { timeout: 60_000 }, () => {
  it('ends the training and leaves the one before whole', async () => {
    await VonMisesFisherMemory.train(data, { ...options, maxEpochs: 3, checkpoint });
    const before = readFileSync(checkpoint);
    const files = readdirSync(folder); // what killed runs were writing among them
    // bash counts in KiB: the first checkpoints fit, those after a split do not.
    const { stdout, stderr, code } = await trainInChild('ulimit -f 4;');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^EFBIG: Cannot write file/);
    expect(stderr).toContain(checkpoint);
    const after = readFileSync(checkpoint);
    expect(readdirSync(folder)).toEqual(files);
    if (stdout === '') expect(after.equals(before)).toBe(true);
    // Whatever was written last is whole: the run goes on from it.
    await VonMisesFisherMemory.resume(checkpoint, data);
  });

  it('is an error before the first epoch is lost: no such folder', async () => {
    const path = join(folder, 'none', 'checkpoint');
    const call = VonMisesFisherMemory.train(data, { ...options, checkpoint: path });
    await expect(call).rejects.toMatchObject({ code: 'ENOENT' });
    expect(existsSync(path)).toBe(false);
  });
});
