import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readNpz } from '../../lib/io/numpy/npz.ts';
import { writeNpz } from '../../lib/io/numpy/writeNpz.ts';
import { idxBytes } from '../experiments/pictures.ts';
import { TestRandom } from '../support/random.ts';
import { commandLine } from './support.ts';

const { folder, denseam, interrupt } = commandLine();
const path = (name: string) => join(folder, name);
const side = 6;

/** Noisy images of a horizontal or a vertical bar, label 0 or 1. */
function bars(count: number, seed: number) {
  const random = new TestRandom(seed);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
  const data = Uint8Array.from({ length: count * side * side }, (_, at) => {
    const pixel = at % (side * side);
    const place = (labels[Math.floor(at / (side * side))] === 0 ? Math.floor(pixel / side) : pixel % side) === 2;
    return Math.floor(60 * random.uniform()) + (place ? 180 : 0);
  });
  return { images: { shape: [count, side, side], data }, labels: { shape: [count], data: labels } };
}

beforeAll(async () => {
  for (const [name, { images, labels }] of Object.entries({
    train: bars(200, 1),
    test: bars(40, 2),
    big: bars(4000, 3),
  })) {
    writeFileSync(path(`${name}.idx`), idxBytes({ shape: images.shape, data: images.data }));
    writeFileSync(path(`${name}-labels.idx`), idxBytes({ shape: labels.shape, data: labels.data }));
  }
  const { images, labels } = bars(200, 1);
  await writeNpz(path('train.npz'), [
    { name: 'values', shape: [200, side * side], data: Float32Array.from(images.data) },
    { name: 'labels', shape: [200], data: Int32Array.from(labels.data) },
  ]);
});

const trainOn = ['--labels', 'train-labels.idx', '--hidden-units', '4', '--max-epochs', '20', '--beta', '10'];

describe('denseam train and predict', () => {
  it('trains on images and is right about others', async () => {
    const trained = denseam('train', 'train.idx', ...trainOn, '--out', 'bars.safetensors', '--json');
    expect(trained.status, trained.stderr).toBe(0);
    const { classes, hiddenUnits, history } = JSON.parse(trained.stdout);
    expect({ classes, hiddenUnits }).toEqual({ classes: 2, hiddenUnits: 4 });
    expect(history.length).toBeGreaterThan(0);
    // The model is there, so what led to it is not needed.
    expect(existsSync(path('bars.safetensors.checkpoint'))).toBe(false);
    expect(JSON.parse(denseam('memory', 'info', 'bars.safetensors', '--json').stdout).kind).toBe('von-mises-fisher');

    const args = ['predict', 'bars.safetensors', 'test.idx', '--labels', 'test-labels.idx', '--probabilities'];
    const predicted = JSON.parse(denseam(...args, '--json').stdout);
    // A bar is three times as bright as any noise.
    expect(predicted).toMatchObject({ right: 40, labelled: 40, accuracy: 1 });
    expect(predicted.labels.slice(0, 4)).toEqual([0, 1, 0, 1]);
    expect(denseam(...args, '--out', 'predicted.npz').stdout).toContain('right: 40 of 40 (100.0 %)');
    const arrays = await readNpz(path('predicted.npz'));
    expect(arrays.get('probabilities')?.shape).toEqual([40, 3]);
    expect(Array.from(arrays.get('labels')?.data ?? [])).toEqual(predicted.labels);
  });

  it('gives the same model from an .npz file, with any number of threads', () => {
    const options = trainOn.slice(2);
    denseam('train', 'train.npz', ...options, '--out', 'npz.safetensors', '--threads', '1');
    denseam('train', 'train.idx', ...trainOn, '--out', 'idx.safetensors');
    const probabilities = (model: string) => {
      const args = ['predict', model, 'test.idx', '--probabilities', '--json'];
      return JSON.parse(denseam(...args).stdout).probabilities;
    };
    // Bytes become float32 either way.
    expect(probabilities('npz.safetensors')).toEqual(probabilities('idx.safetensors'));
  });

  it('trains in mixed precision, and takes no other', () => {
    const trained = denseam('train', 'train.idx', ...trainOn, '--precision', 'mixed', '--out', 'mixed.safetensors');
    expect(trained.status, trained.stderr).toBe(0);
    const predicted = denseam('predict', 'mixed.safetensors', 'test.idx', '--labels', 'test-labels.idx', '--json');
    expect(JSON.parse(predicted.stdout)).toMatchObject({ right: 40, labelled: 40 });
    const refused = denseam('train', 'train.idx', ...trainOn, '--precision', 'half', '--out', 'half.safetensors');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('mixed');
  });

  it('stops at Ctrl-C and goes on to the same model', async () => {
    const data = ['big.idx', '--labels', 'big-labels.idx'];
    const settings = ['--hidden-units', '200', '--max-epochs', '40', '--batch-size', '20', '--patience', '100'];
    const stopped = await interrupt(['train', ...data, ...settings, '--out', 'stopped.safetensors'], 'epoch ');
    expect(stopped.status).toBe(130);
    expect(stopped.stderr).toContain('Finished epochs are kept in stopped.safetensors.checkpoint: --resume goes on.');
    expect(existsSync(path('stopped.safetensors'))).toBe(false);

    const again = denseam('train', ...data, ...settings, '--out', 'stopped.safetensors');
    expect(again.status).toBe(2);
    expect(again.stderr).toContain('--resume goes on from it, --restart begins anew');
    const both = denseam('train', ...data, '--hidden-units', '3', '--resume', '--out', 'stopped.safetensors');
    expect(both.status).toBe(2);
    expect(both.stderr).toContain("option '--resume' cannot be used with option '--hidden-units <n>'");

    const resumed = denseam('train', ...data, '--resume', '--out', 'stopped.safetensors', '--json');
    const whole = denseam('train', ...data, ...settings, '--out', 'whole.safetensors', '--json');
    expect([resumed.status, whole.status]).toEqual([0, 0]);
    const losses = (text: string) =>
      JSON.parse(text).history.map(({ validationLoss }: { validationLoss: number }) => validationLoss);
    expect(losses(resumed.stdout)).toEqual(losses(whole.stdout));
  }, 120_000);

  it.each([
    [['train', 'train.idx', '--out', 'x'], 2, 'Expected --hidden-units, or --resume'],
    [['train', 'train.idx', '--hidden-units', '2'], 2, "required option '--out <file>' not specified"],
    [['train', 'train.idx', '--resume', '--out', 'x'], 2, 'There is no checkpoint "x.checkpoint" to go on from'],
    [
      ['train', 'train.idx', '--hidden-units', '500', '--out', 'x'],
      1,
      'Expected at most 180, the number of training rows, for --hidden-units but received 500 (ERR_RANGE)',
    ],
    [
      ['train', 'train.idx', '--labels', 'test-labels.idx', '--hidden-units', '2', '--out', 'x'],
      1,
      'it has labels of shape (40) for 200 rows',
    ],
    [
      ['train', 'nowhere', '--hidden-units', '2', '--out', 'x'],
      1,
      'Cannot read file "nowhere": no such file or directory (ENOENT)',
    ],
    [['predict', 'train.npz', 'test.idx'], 1, 'not a denseam file but a zip archive'],
  ])('refuses %o', (args, code, message) => {
    const { status, stdout, stderr } = denseam(...args);
    expect({ status, stdout }).toEqual({ status: code, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  it.each(['train', 'predict'])('shows examples of %s', (command) => {
    expect(denseam(command, '--help').stdout).toContain(`Examples:\n  denseam ${command} `);
  });
});
