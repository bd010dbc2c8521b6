import { expect, it } from 'vitest';
import { loadTensorFlow } from '../../../experiments/images/tensorFlow.ts';
import { loadEncoder } from '../../../experiments/sentences/encoder.ts';

// A file of its own: modules are loaded once. The other order is in experiment.test.ts.
it('works where the sentence encoder, with a library of the same name inside, was loaded before', async () => {
  const encoder = await loadEncoder();
  const [before] = (await encoder.embed(['a sentence'])) as [number[]];
  const tf = await loadTensorFlow();
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([1, 2], [1, 2]), tf.tensor2d([3, 4], [2, 1])).dataSync());
  expect([...product]).toEqual([11]);
  expect(await encoder.embed(['a sentence'])).toEqual([before]);
}, 60_000);
