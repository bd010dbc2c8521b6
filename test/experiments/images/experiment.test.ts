import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLabelledImages } from '../../../experiments/core/labelledImages.ts';
import { imageRecall } from '../../../experiments/images/experiment.ts';
import { checkResult } from '../../../experiments/report/checkResult.ts';
import { loadEncoder } from '../../../experiments/sentences/encoder.ts';
import { expectFailure } from '../../support/assertions.ts';
import { MemoryParts } from '../parts.ts';
import { blobs, idxBytes } from '../pictures.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

// Latents of an autoencoder that has hardly learnt confuse digits under a mask; of region covariances the paper says
// nothing.
describeWholeRuns(imageRecall, [
  ...(['not reproduced', 'not reproduced', 'not published', 'not reproduced'] as const),
  ...new Array(4).fill('not published'),
]);

describe('images of folders', () => {
  let place: string;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'denseam-images-'));
  });
  afterEach(() => rm(place, { recursive: true }));

  /** A folder with images to learn from and images to store, without labels. */
  async function folderOf(name: string, { sides = [16, 16] } = {}): Promise<string> {
    const folder = join(place, name);
    await mkdir(folder, { recursive: true });
    for (const [at, part] of ['train', 't10k'].entries()) {
      const images = idxBytes(blobs(60, sides[at] as number, part.length));
      await writeFile(join(folder, `${part}-images-idx3-ubyte`), images);
    }
    return folder;
  }

  const small = { items: 30, queries: 8, trainingImages: 60, batch: 20, blockSide: 5, scaledBetas: [0.5, 1e6] };
  const settingsOf = (...data: string[]) => ({ ...imageRecall.quick, ...small, data });

  it('are recalled, and the autoencoder is kept for other settings of recall', async () => {
    const settings = settingsOf(await folderOf('any'));
    const parts = new MemoryParts();
    const { tables, pictures } = await imageRecall.run(settings, { parts });
    expect(parts.computed).toEqual([
      expect.stringContaining('image-autoencoder'),
      'pixels-0',
      'latents-0',
      'regions-0',
    ]);
    // As beta grows, recall tends to the share of queries that are nearest to their own item.
    const of = (name: string) => tables.find((table) => table.name === name);
    const greatest = of('recall')?.rows.filter((row) => row[5] === 1e6) ?? [];
    expect(greatest.map((row) => row[6])).toEqual(of('memories')?.rows.map((row) => row[6]));
    expect(pictures[0]?.images).toHaveLength(settings.shown * 8);

    for (const name of ['pixels-0', 'latents-0', 'regions-0']) parts.texts.delete(name);
    parts.computed.length = 0;
    await imageRecall.run({ ...settings, hiddenShare: 0.4 }, { parts });
    expect(parts.computed).toEqual(['pixels-0', 'latents-0', 'regions-0']);
  });

  it('may be called anything, and the same at the end', async () => {
    const folders = [await folderOf('celeb a'), await folderOf('one/grey'), await folderOf('two/grey')];
    const result = await imageRecall.run(settingsOf(...folders), { parts: new MemoryParts() });
    expect(() => checkResult(result)).not.toThrow();
    const names = new Set(result.tables[0]?.rows.map(([data]) => data));
    expect([...names]).toEqual(['celeb a', folders[1], folders[2]]);
  });

  const refused = async (...data: string[]) => {
    const parts = new MemoryParts();
    const refusal = await imageRecall.run(settingsOf(...data), { parts }).catch((error) => error);
    expect(refusal).toMatchObject({ code: 'ERR_RANGE' });
    // Not even the first of them is worked on.
    expect(parts.computed).toEqual([]);
    return refusal.message;
  };

  it('are all looked for before the first is learnt', async () => {
    expect(await refused(await folderOf('any'), '/nowhere')).toContain('settings.data but received "/nowhere"');
  });

  it('are refused by the name of what is missing, of another size, or too little', async () => {
    const lacking = await folderOf('lacking');
    await rm(join(lacking, 't10k-images-idx3-ubyte'));
    expect(await refused(lacking)).toMatch(/t10k-images-idx3-ubyte", or the same with \.gz .*holds train-images-idx3/);
    expect(await refused(await folderOf('sizes', { sides: [8, 16] }))).toContain('of one size in both files');
    expect(await refused(await folderOf('tiny', { sides: [5, 5] }))).toContain('from 0 to 4 for settings.blockSide');
  });

  it('need labels where there are classes', async () => {
    const labelled = readLabelledImages({ data: await folderOf('any'), part: 'train', count: 0 });
    await expect(labelled).rejects.toThrow('train-labels-idx1-ubyte');
  });
});

describe('settings', () => {
  it.each([
    [{ seed: 0.5 }, 'settings.seed'],
    [{ data: [] }, 'settings.data'],
    [{ data: [''] }, 'settings.data[0]'],
    [{ data: ['mnist', 'mnist'] }, 'settings.data[1]'],
    [{ items: 1 }, 'settings.items'],
    [{ items: 1e9 }, 'settings.items'],
    [{ queries: 101 }, 'settings.queries'],
    [{ shown: 21 }, 'from 1 to 20 for settings.shown but received 21'],
    [{ hiddenShare: 2 }, 'settings.hiddenShare'],
    [{ hiddenShare: -0.1 }, 'settings.hiddenShare'],
    [{ blockSide: -3 }, 'settings.blockSide'],
    [{ blockSide: 1.5 }, 'settings.blockSide'],
    [{ scale: 'foo' }, 'settings.scale'],
    [{ ridge: -1 }, 'settings.ridge'],
    [{ scaledBetas: [2, 1] }, 'settings.scaledBetas[1]'],
    [{ scaledBetas: [0, 1] }, 'settings.scaledBetas[0]'],
    [{ scaledBetas: [1] }, 'settings.scaledBetas.length'],
    [{ tolerance: 0 }, 'settings.tolerance'],
    [{ maxIterations: 0 }, 'settings.maxIterations'],
    [{ trainingImages: 0 }, 'settings.trainingImages'],
    [{ epochs: 0 }, 'settings.epochs'],
    [{ batch: 1001 }, 'from 1 to 1000 for settings.batch but received 1001'],
    [{ hiddenUnits: 0 }, 'settings.hiddenUnits'],
    [{ latentDimension: 1e6 }, 'settings.latentDimension'],
    [{ learningRate: 0 }, 'settings.learningRate'],
  ])('like %o are refused before images are read', async (change, name) => {
    const settings = { ...imageRecall.quick, data: ['/nowhere'], ...change } as typeof imageRecall.quick;
    const run = () => imageRecall.run(settings, { parts: new MemoryParts() });
    await expectFailure(run, 'ERR_RANGE', name);
  });
});

it('the sentence encoder, with a library of the same name inside, works beside the autoencoder', async () => {
  const { loadTensorFlow } = await import('../../../experiments/images/tensorFlow.ts');
  const tf = await loadTensorFlow();
  const encoder = await loadEncoder();
  expect(await encoder.embed(['a sentence'])).toHaveLength(1);
  expect([...tf.tidy(() => tf.matMul(tf.tensor2d([1, 2], [1, 2]), tf.tensor2d([3, 4], [2, 1])).dataSync())]).toEqual([
    11,
  ]);
}, 60_000);
