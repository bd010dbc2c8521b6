import { describe, expect, it } from 'vitest';
import {
  type AutoencoderSizes,
  keepAutoencoder,
  layerNames,
  unpackAutoencoder,
} from '../../../experiments/images/autoencoder.ts';
import { initialLayers, Trainer, trainAutoencoder } from '../../../experiments/images/autoencoderTraining.ts';
import { loadTensorFlow } from '../../../experiments/images/tensorFlow.ts';
import { Random } from '../../../lib/core/random.ts';
import { blobs } from '../pictures.ts';

const settings = { hiddenUnits: 24, latentDimension: 3, epochs: 6, batch: 20, learningRate: 0.01, seed: 3 };
const side = 8;
const images = { count: 200, pixels: side * side, values: blobs(200, side, 5).data };
const unit = (bytes: Uint8Array) => Float64Array.from(bytes, (byte) => byte / 255);
const vectors = { count: images.count, dimension: images.pixels, values: unit(images.values) };

describe('the autoencoder', () => {
  it('has the derivatives that finite differences have, and both terms of the loss in closed form', async () => {
    const sizes: AutoencoderSizes = { pixels: 5, hiddenUnits: 6, latentDimension: 2 };
    const tf = await loadTensorFlow();
    const random = new Random(1);
    const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
    const x = Float32Array.from({ length: 15 }, () => random.uniform());
    const noise = draw(6);
    const layers = initialLayers(sizes, random);
    for (const name of layerNames) layers[name].offsets.set(draw(layers[name].outputs).map((value) => value / 4));
    const trainer = new Trainer(tf, sizes, layers, 0.01);
    const { loss, gradients } = tf.tidy(() => {
      const { loss, gradients } = trainer.lossAndGradients(x, noise);
      return { loss, gradients: gradients.map(({ tensor }) => Float32Array.from(tensor.dataSync())) };
    });
    trainer.dispose();

    const exact = plainLoss(layers, sizes, x, noise);
    // Single precision.
    expect(loss.reconstruction).toBeCloseTo(exact.reconstruction, 5);
    expect(loss.divergence).toBeCloseTo(exact.divergence, 5);

    // Layers come in the order of the backward pass, of each the weights first.
    const order = ['decoderPixels', 'decoderHidden', 'encoderLatent', 'encoderHidden'] as const;
    const variables = order.flatMap((name) => [layers[name].weights, layers[name].offsets]);
    const step = 1e-3;
    for (const [v, variable] of variables.entries()) {
      for (let at = 0; at < variable.length; at++) {
        const value = variable[at] as number;
        const lossAt = (moved: number) => {
          variable[at] = moved;
          const { reconstruction, divergence } = plainLoss(layers, sizes, x, noise);
          // Single precision rounds the step.
          return { loss: reconstruction + divergence, at: variable[at] as number };
        };
        const [above, below] = [lossAt(value + step), lossAt(value - step)];
        variable[at] = value;
        // Differences are off by step^2 times a third derivative of order 1.
        const slope = (above.loss - below.loss) / (above.at - below.at);
        expect(Math.abs((gradients[v]?.[at] as number) - slope)).toBeLessThan(1e-4);
      }
    }
  });

  it('learns: the loss falls, and reconstructions are nearer to their images than the mean image is', async () => {
    const { autoencoder, losses } = await trainAutoencoder(images, { ...settings, epochs: 40 });
    const totals = losses.map(({ reconstruction, divergence }) => reconstruction + divergence);
    expect(totals.at(-1)).toBeLessThan(0.8 * (totals[0] as number));
    const { means } = await autoencoder.encode(vectors);
    const decoded = await autoencoder.decode({ count: images.count, dimension: 3, values: means });
    const mean = vectors.values.subarray(0, images.pixels).map((_, pixel) => {
      let sum = 0;
      for (let n = 0; n < images.count; n++) sum += vectors.values[n * images.pixels + pixel] as number;
      return sum / images.count;
    });
    const squares = (guess: (at: number) => number) =>
      vectors.values.reduce((sum, value, at) => sum + (value - guess(at)) ** 2, 0);
    const rest = squares((at) => decoded.values[at] as number);
    expect(rest).toBeLessThan(0.7 * squares((at) => mean[at % images.pixels] as number));
  });

  it('is the same for the same seed, and after it was kept', async () => {
    const { autoencoder, losses } = await trainAutoencoder(images, settings);
    const again = await trainAutoencoder(images, settings);
    expect(again.losses).toEqual(losses);
    expect(keepAutoencoder(again.autoencoder)).toEqual(keepAutoencoder(autoencoder));
    const other = await trainAutoencoder(images, { ...settings, seed: 4 });
    expect(other.losses).not.toEqual(losses);
    const kept = unpackAutoencoder(JSON.parse(JSON.stringify(keepAutoencoder(autoencoder))));
    expect(await kept.encode(vectors)).toEqual(await autoencoder.encode(vectors));
  });

  it('stops between steps, and leaves no tensors behind', async () => {
    const tf = await loadTensorFlow();
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const shares: number[] = [];
    const onProgress = ({ completed, total }: { completed: number; total: number }) => {
      shares.push(completed / total);
      if (completed === 13) controller.abort(new Error('enough'));
    };
    const run = trainAutoencoder(images, settings, { signal: controller.signal, onProgress });
    await expect(run).rejects.toThrow('enough');
    expect(shares.length).toBe(14);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    [{ batch: 201 }, 'settings.batch'],
    [{ epochs: 0 }, 'settings.epochs'],
    [{ hiddenUnits: 1.5 }, 'settings.hiddenUnits'],
    [{ latentDimension: 0 }, 'settings.latentDimension'],
    [{ learningRate: -1 }, 'settings.learningRate'],
  ])('refuses %o by name', async (change, name) => {
    const refused = expect(trainAutoencoder(images, { ...settings, ...change })).rejects;
    await refused.toMatchObject({ code: 'ERR_RANGE', message: expect.stringContaining(name) });
  });

  it('says when the training runs away', async () => {
    const run = trainAutoencoder(images, { ...settings, learningRate: 1e6 });
    await expect(run).rejects.toMatchObject({ code: 'ERR_NOT_FINITE' });
  });
});

/**
 * The loss in double precision, sum by sum; the divergence as the Kullback-Leibler divergence of normal distributions.
 */
function plainLoss(
  layers: ReturnType<typeof initialLayers>,
  { pixels, latentDimension: d }: AutoencoderSizes,
  images: Float32Array,
  noise: Float32Array,
) {
  const apply = ({ outputs, weights, offsets }: (typeof layers)['encoderHidden'], input: number[]) =>
    Array.from({ length: outputs }, (_, j) =>
      input.reduce((sum, value, i) => sum + value * (weights[i * outputs + j] as number), offsets[j] as number),
    );
  const relu = (values: number[]) => values.map((value) => Math.max(0, value));
  const count = images.length / pixels;
  let [reconstruction, divergence] = [0, 0];
  for (let n = 0; n < count; n++) {
    const image = Array.from(images.subarray(n * pixels, (n + 1) * pixels));
    const latent = apply(layers.encoderLatent, relu(apply(layers.encoderHidden, image)));
    const point = Array.from({ length: d }, (_, k) => {
      const [mean, variance] = [latent[k] as number, Math.exp(latent[d + k] as number)];
      divergence += (variance + mean ** 2 - 1 - Math.log(variance)) / 2;
      return mean + Math.sqrt(variance) * (noise[n * d + k] as number);
    });
    for (const [pixel, logit] of apply(layers.decoderPixels, relu(apply(layers.decoderHidden, point))).entries()) {
      const light = 1 / (1 + Math.exp(-logit));
      const value = image[pixel] as number;
      reconstruction -= value * Math.log(light) + (1 - value) * Math.log(1 - light);
    }
  }
  return { reconstruction: reconstruction / count, divergence: divergence / count };
}
