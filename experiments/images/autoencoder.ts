/**
 * A variational autoencoder of images (Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014) as it is used
 * once it is trained: an image becomes a diagonal Gaussian, its posterior, and a latent point becomes an image again.
 * Encoder and decoder have one hidden layer each. Nothing of the library that trains it is needed here.
 */

import { setImmediate } from 'node:timers/promises';
import type { CallOptions, FloatArray, Gaussians, Vectors } from 'denseam';
import { type PackedFloats, packFloats, unpackFloats } from '../core/packed.ts';

/** Sizes of the layers. */
export interface AutoencoderSizes {
  readonly pixels: number;
  readonly hiddenUnits: number;
  readonly latentDimension: number;
}

/**
 * Layers, each a matrix (inputs x outputs, by rows) and offsets. The encoder's last gives means, then logarithms of
 * variances.
 */
export const layerNames = ['encoderHidden', 'encoderLatent', 'decoderHidden', 'decoderPixels'] as const;

export type LayerName = (typeof layerNames)[number];

export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float32Array;
  readonly offsets: Float32Array;
}

/** Numbers of inputs and outputs of every layer. */
export function layerShapes(sizes: AutoencoderSizes): Record<LayerName, Pick<Layer, 'inputs' | 'outputs'>> {
  const { pixels, hiddenUnits, latentDimension } = sizes;
  return {
    encoderHidden: { inputs: pixels, outputs: hiddenUnits },
    encoderLatent: { inputs: hiddenUnits, outputs: 2 * latentDimension },
    decoderHidden: { inputs: latentDimension, outputs: hiddenUnits },
    decoderPixels: { inputs: hiddenUnits, outputs: pixels },
  };
}

/** Images that go through a layer before the event loop gets a turn: some milliseconds. */
const imagesAtOnce = 16;

export class Autoencoder {
  constructor(
    readonly sizes: AutoencoderSizes,
    readonly layers: Readonly<Record<LayerName, Layer>>,
  ) {}

  /** The posterior of every image: intensities in [0, 1], missing pixels zero. */
  async encode(images: Vectors, options: CallOptions = {}): Promise<Gaussians> {
    const { latentDimension: d } = this.sizes;
    const { encoderHidden, encoderLatent } = this.layers;
    const { count } = images;
    const means = new Float64Array(count * d);
    const covariances = new Float64Array(count * d);
    await eachRow(images, options, (image, n) => {
      const latent = applyLayer(encoderLatent, rectified(applyLayer(encoderHidden, image)));
      means.set(latent.subarray(0, d), n * d);
      covariances.set(latent.subarray(d).map(Math.exp), n * d);
    });
    return { count, dimension: d, structure: 'diagonal', means, covariances };
  }

  /** The mean image of every latent point, intensities in [0, 1]. */
  async decode(points: Vectors, options: CallOptions = {}): Promise<Vectors> {
    const { pixels } = this.sizes;
    const { decoderHidden, decoderPixels } = this.layers;
    const values = new Float64Array(points.count * pixels);
    await eachRow(points, options, (point, n) => {
      const logits = applyLayer(decoderPixels, rectified(applyLayer(decoderHidden, point)));
      values.set(
        logits.map((logit) => 1 / (1 + Math.exp(-logit))),
        n * pixels,
      );
    });
    return { count: points.count, dimension: pixels, values };
  }
}

async function eachRow(
  { count, dimension, values }: Vectors,
  { signal, onProgress }: CallOptions,
  visit: (row: FloatArray, n: number) => void,
): Promise<void> {
  for (let n = 0; n < count; n++) {
    if (n % imagesAtOnce === 0) {
      await setImmediate();
      signal?.throwIfAborted();
      onProgress?.({ completed: n, total: count });
    }
    visit(values.subarray(n * dimension, (n + 1) * dimension), n);
  }
  onProgress?.({ completed: count, total: count });
}

function applyLayer({ outputs, weights, offsets }: Layer, input: FloatArray): Float64Array {
  const sums = Float64Array.from(offsets);
  for (const [i, value] of input.entries()) {
    // Most pixels are black.
    if (value === 0) continue;
    for (let j = 0; j < outputs; j++) {
      sums[j] = (sums[j] as number) + value * (weights[i * outputs + j] as number);
    }
  }
  return sums;
}

export const rectified = (values: Float64Array) => values.map((value) => Math.max(0, value));

/** An autoencoder as JSON holds it. */
export interface KeptAutoencoder {
  readonly sizes: AutoencoderSizes;
  readonly layers: Readonly<Record<LayerName, { readonly weights: PackedFloats; readonly offsets: PackedFloats }>>;
}

export function keepAutoencoder({ sizes, layers }: Autoencoder): KeptAutoencoder {
  const kept = layerNames.map((name) => {
    const { weights, offsets } = layers[name];
    return [name, { weights: packFloats(weights), offsets: packFloats(offsets) }] as const;
  });
  return { sizes, layers: Object.fromEntries(kept) as KeptAutoencoder['layers'] };
}

/** @throws DenseamError ERR_CORRUPT_FILE if a layer has not the length that the sizes say. */
export function unpackAutoencoder({ sizes, layers }: KeptAutoencoder): Autoencoder {
  const shapes = layerShapes(sizes);
  const unpacked = layerNames.map((name) => {
    const { inputs, outputs } = shapes[name];
    const weights = unpackFloats(layers[name].weights, inputs * outputs);
    return [name, { inputs, outputs, weights, offsets: unpackFloats(layers[name].offsets, outputs) }] as const;
  });
  return new Autoencoder(sizes, Object.fromEntries(unpacked) as Record<LayerName, Layer>);
}
