import { setImmediate } from 'node:timers/promises';
import { type CallOptions, DenseamError, Random } from 'denseam';
import { integer, positive } from '../core/check.ts';
import {
  Autoencoder,
  type AutoencoderSizes,
  type Layer,
  type LayerName,
  layerNames,
  layerShapes,
} from './autoencoder.ts';
import { loadTensorFlow, type TensorFlow } from './tensorFlow.ts';

export interface AutoencoderTraining {
  readonly hiddenUnits: number;
  readonly latentDimension: number;
  readonly epochs: number;
  /** Images in a step of the training. */
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** Grey images, a byte a pixel. */
interface TrainingImages {
  readonly count: number;
  readonly pixels: number;
  readonly values: Uint8Array;
}

export interface TrainedAutoencoder {
  readonly autoencoder: Autoencoder;
  /** Mean loss over the images of every epoch. */
  readonly losses: readonly AutoencoderLoss[];
}

/** Negative evidence lower bound of an image, in nats, as its two terms. */
export interface AutoencoderLoss {
  /** Cross entropy of the pixels, given a draw from the posterior. */
  readonly reconstruction: number;
  /** Kullback-Leibler divergence of the posterior from the standard normal distribution. */
  readonly divergence: number;
}

/**
 * Trains by stochastic gradients (Adam) on minibatches in random order.
 *
 * @throws DenseamError ERR_RANGE if a setting does not fit; ERR_NOT_FINITE if the loss grows without
 * bound; the signal's reason.
 */
export async function trainAutoencoder(
  images: TrainingImages,
  settings: AutoencoderTraining,
  { signal, onProgress }: CallOptions = {},
): Promise<TrainedAutoencoder> {
  checkTraining(settings, images.count);
  const { hiddenUnits, latentDimension, epochs, batch, seed } = settings;
  const sizes = { pixels: images.pixels, hiddenUnits, latentDimension };
  const tf = await loadTensorFlow();
  const random = new Random(seed);
  const trainer = new Trainer(tf, sizes, initialLayers(sizes, random), settings.learningRate);
  try {
    const order = Int32Array.from({ length: images.count }, (_, n) => n);
    const steps = Math.floor(images.count / batch);
    const losses: AutoencoderLoss[] = [];
    for (let epoch = 0; epoch < epochs; epoch++) {
      random.shuffle(order);
      const sum = { reconstruction: 0, divergence: 0 };
      for (let step = 0; step < steps; step++) {
        await setImmediate();
        signal?.throwIfAborted();
        onProgress?.({ completed: epoch * steps + step, total: epochs * steps });
        const chosen = order.subarray(step * batch, (step + 1) * batch);
        const loss = trainer.step(intensities(images, chosen), noise(batch * latentDimension, random));
        sum.reconstruction += loss.reconstruction;
        sum.divergence += loss.divergence;
      }
      losses.push({ reconstruction: sum.reconstruction / steps, divergence: sum.divergence / steps });
    }
    return { autoencoder: trainer.autoencoder(), losses };
  } finally {
    trainer.dispose();
  }
}

/**
 * Checks the settings, with limits above those of a training of hours.
 *
 * @throws DenseamError ERR_RANGE.
 */
export function checkTraining(settings: AutoencoderTraining, images: number): void {
  integer('settings.hiddenUnits', settings.hiddenUnits, 1, 4096);
  integer('settings.latentDimension', settings.latentDimension, 1, 512);
  integer('settings.epochs', settings.epochs, 1, 10_000);
  integer('settings.batch', settings.batch, 1, Math.min(images, 4096));
  positive('settings.learningRate', settings.learningRate);
}

/** Normal weights of variance 2 / (inputs + outputs) (Glorot and Bengio 2010), and no offsets. */
export function initialLayers(sizes: AutoencoderSizes, random: Random): Record<LayerName, Layer> {
  const shapes = layerShapes(sizes);
  const layers = layerNames.map((name) => {
    const { inputs, outputs } = shapes[name];
    const spread = Math.sqrt(2 / (inputs + outputs));
    const weights = noise(inputs * outputs, random).map((value) => spread * value);
    return [name, { inputs, outputs, weights, offsets: new Float32Array(outputs) }] as const;
  });
  return Object.fromEntries(layers) as Record<LayerName, Layer>;
}

const noise = (length: number, random: Random) => Float32Array.from({ length }, () => random.normal());

function intensities({ pixels, values }: TrainingImages, chosen: Int32Array): Float32Array {
  const result = new Float32Array(chosen.length * pixels);
  for (const [row, n] of chosen.entries()) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      result[row * pixels + pixel] = (values[n * pixels + pixel] as number) / 255;
    }
  }
  return result;
}

type Tensors = Readonly<
  Record<LayerName, { readonly weights: TensorFlow.Variable; readonly offsets: TensorFlow.Variable }>
>;

/** Outputs of the layers for images. */
type Forward = ReturnType<Trainer['forward']>;

/**
 * Layers within TensorFlow.js, and their optimizer. The library takes gradients of its own only with a package of 300
 * MB.
 */
export class Trainer {
  private readonly layers: Tensors;
  private readonly optimizer: TensorFlow.AdamOptimizer;

  constructor(
    private readonly tf: typeof TensorFlow,
    private readonly sizes: AutoencoderSizes,
    layers: Readonly<Record<LayerName, Layer>>,
    learningRate: number,
  ) {
    const variables = layerNames.map((name) => {
      const { inputs, outputs, weights, offsets } = layers[name];
      return [
        name,
        {
          weights: tf.tidy(() => tf.variable(tf.tensor2d(weights, [inputs, outputs]))),
          offsets: tf.tidy(() => tf.variable(tf.tensor1d(offsets))),
        },
      ] as const;
    });
    this.layers = Object.fromEntries(variables) as unknown as Tensors;
    this.optimizer = tf.train.adam(learningRate);
  }

  /** One step of the optimizer on a minibatch, with the noise that makes a draw from each posterior. */
  step(images: Float32Array, noise: Float32Array): AutoencoderLoss {
    const { tf } = this;
    return tf.tidy(() => {
      const { loss, gradients } = this.lossAndGradients(images, noise);
      if (!Number.isFinite(loss.reconstruction + loss.divergence)) {
        const rate = 'Expected a training whose loss stays finite; a smaller settings.learningRate may give one';
        throw new DenseamError('ERR_NOT_FINITE', `${rate} but received ${loss.reconstruction + loss.divergence}`);
      }
      this.optimizer.applyGradients(gradients);
      return loss;
    });
  }

  /** The mean loss of the images, and its derivatives by the variables' names. To be called within a tidy. */
  lossAndGradients(images: Float32Array, noise: Float32Array) {
    const { tf } = this;
    const { pixels, latentDimension } = this.sizes;
    const count = images.length / pixels;
    const x = tf.tensor2d(images, [count, pixels]);
    const epsilon = tf.tensor2d(noise, [count, latentDimension]);
    const values = this.forward(x, epsilon);
    return { loss: this.loss(x, values), gradients: this.gradients(x, epsilon, values) };
  }

  forward(x: TensorFlow.Tensor2D, epsilon: TensorFlow.Tensor2D) {
    const { tf, layers } = this;
    const [count, d] = epsilon.shape;
    const through = (name: LayerName, input: TensorFlow.Tensor2D): TensorFlow.Tensor2D =>
      tf.add(tf.matMul(input, layers[name].weights as TensorFlow.Tensor2D), layers[name].offsets);
    const encoded = tf.relu(through('encoderHidden', x));
    const latent = through('encoderLatent', encoded);
    const mean = tf.slice(latent, [0, 0], [count, d]);
    const logVariance = tf.slice(latent, [0, d], [count, d]);
    const deviation = tf.exp(tf.mul(logVariance, 0.5));
    const point = tf.add(mean, tf.mul(deviation, epsilon)) as TensorFlow.Tensor2D;
    const decoded = tf.relu(through('decoderHidden', point));
    const logits = through('decoderPixels', decoded);
    return { encoded, mean, logVariance, deviation, variance: tf.square(deviation), point, decoded, logits };
  }

  private loss(x: TensorFlow.Tensor2D, { mean, logVariance, variance, logits }: Forward) {
    const { tf } = this;
    // The cross entropy of a pixel x whose logit is l: log(1 + e^l) - x l, without overflow.
    const softplus = tf.add(tf.relu(logits), tf.log(tf.add(tf.exp(tf.neg(tf.abs(logits))), 1)));
    const reconstruction = tf.sum(tf.sub(softplus, tf.mul(logits, x)));
    const divergence = tf.mul(tf.sum(tf.sub(tf.add(tf.square(mean), variance), tf.add(logVariance, 1))), 0.5);
    const perImage = (sum: TensorFlow.Tensor) => (sum.dataSync()[0] as number) / x.shape[0];
    return { reconstruction: perImage(reconstruction), divergence: perImage(divergence) };
  }

  private gradients(x: TensorFlow.Tensor2D, epsilon: TensorFlow.Tensor2D, values: Forward) {
    const { tf, layers } = this;
    const { encoded, mean, deviation, variance, point, decoded, logits } = values;
    const [count] = x.shape;
    const gradients: { name: string; tensor: TensorFlow.Tensor }[] = [];
    /** Derivatives of a layer's variables, given those of its outputs; returns those of its inputs. */
    const back = (name: LayerName, input: TensorFlow.Tensor2D, outputs: TensorFlow.Tensor2D): TensorFlow.Tensor2D => {
      const { weights, offsets } = layers[name];
      gradients.push({ name: weights.name, tensor: tf.matMul(input, outputs, true) });
      gradients.push({ name: offsets.name, tensor: tf.sum(outputs, 0) });
      return tf.matMul(outputs, weights as TensorFlow.Tensor2D, false, true);
    };
    const rectified = (values: TensorFlow.Tensor, slope: TensorFlow.Tensor): TensorFlow.Tensor2D =>
      tf.mul(slope, tf.cast(tf.greater(values, 0), 'float32'));
    const byLogits = tf.div(tf.sub(tf.sigmoid(logits), x), count) as TensorFlow.Tensor2D;
    const byDecoded = rectified(decoded, back('decoderPixels', decoded, byLogits));
    const byPoint = back('decoderHidden', point, byDecoded);
    const byMean = tf.add(byPoint, tf.div(mean, count)) as TensorFlow.Tensor2D;
    const byLogVariance = tf.add(
      tf.mul(tf.mul(byPoint, tf.mul(deviation, epsilon)), 0.5),
      tf.mul(tf.sub(variance, 1), 0.5 / count),
    ) as TensorFlow.Tensor2D;
    const byEncoded = back('encoderLatent', encoded, tf.concat([byMean, byLogVariance], 1));
    back('encoderHidden', x, rectified(encoded, byEncoded));
    return gradients;
  }

  /** The layers as they are now. */
  autoencoder(): Autoencoder {
    const shapes = layerShapes(this.sizes);
    const layers = layerNames.map((name) => {
      const { weights, offsets } = this.layers[name];
      const numbers = (variable: TensorFlow.Variable) => Float32Array.from(variable.dataSync());
      return [name, { ...shapes[name], weights: numbers(weights), offsets: numbers(offsets) }] as const;
    });
    return new Autoencoder(this.sizes, Object.fromEntries(layers) as Record<LayerName, Layer>);
  }

  dispose(): void {
    for (const { weights, offsets } of Object.values(this.layers)) this.tf.dispose([weights, offsets]);
    this.optimizer.dispose();
  }
}
