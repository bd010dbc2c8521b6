// Trains with a checkpoint and says the number of every epoch, until it ends or somebody ends it.
import { writeSync } from 'node:fs';

const [, , entry, checkpoint, dataFile, optionsJson] = process.argv;
const { VonMisesFisherMemory, readNpy } = await import(entry);
const { data: values, shape } = await readNpy(dataFile);
const [count, dimension] = shape;
const labels = Array.from({ length: count }, (_, i) => 1 + (i % 3));
const onEpoch = ({ epoch }) => writeSync(1, `${epoch}\n`);
try {
  await VonMisesFisherMemory.train(
    { count, dimension, values, labels, classes: 3 },
    { ...JSON.parse(optionsJson), checkpoint, onEpoch },
  );
} catch (error) {
  writeSync(2, `${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}
