// Trains with a checkpoint, or goes on from it if it is there, and says on stdout which epochs the checkpoint holds for
// sure. Arguments: the path of the checkpoint; where to die.

import { existsSync, writeSync } from 'node:fs';
import { VonMisesFisherMemory } from '../../../lib/index.ts';
import { killAtCall } from './fileCalls.ts';
import { trainingData, trainingOptions } from './training.ts';

const [checkpoint = '', suicide] = process.argv.slice(2);
const data = await trainingData();
const onEpoch = ({ epoch }: { epoch: number }) => {
  writeSync(1, `${epoch}\n`);
};
if (suicide) await killAtCall(JSON.parse(suicide));
if (existsSync(checkpoint)) await VonMisesFisherMemory.resume(checkpoint, data, { onEpoch });
else await VonMisesFisherMemory.train(data, { ...trainingOptions, checkpoint, onEpoch });
