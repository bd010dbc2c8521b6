import { sampleUniformSphere, type VonMisesFisherMemory } from '../../../lib/index.ts';

/** A training of many short epochs with every part of its state in use: a trained beta, splitting, momentum. */
export const trainingOptions = {
  hiddenUnits: 24,
  beta: { trainedFrom: 8 },
  batchSize: 40,
  maxEpochs: 40,
  patience: 40,
  splitting: { from: 3, epochs: 6 },
  seed: 9,
} as const;

export async function trainingData() {
  const [count, dimension] = [400, 12];
  const { values } = await sampleUniformSphere({ count, dimension, seed: 3 });
  return { count, dimension, values, labels: Array.from({ length: count }, (_, i) => 1 + (i % 3)), classes: 3 };
}

/** All that a training is to give again, bit for bit, as text. */
export function trainedText(memory: VonMisesFisherMemory): string {
  const { hiddenUnits, beta, memories, classWeights, history } = memory;
  const bits = [memories, classWeights.data].map((array) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength),
  );
  return JSON.stringify([
    hiddenUnits,
    beta,
    ...bits.map((bytes) => bytes.toString('base64')),
    history.map(({ seconds, ...record }) => record),
  ]);
}
