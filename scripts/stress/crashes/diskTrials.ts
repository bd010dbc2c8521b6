import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VonMisesFisherMemory } from '../../../lib/index.ts';
import { experiment, resultOf, runExperiment } from './experiments.ts';
import { expectNoLitter } from './litter.ts';
import { errorOf, expectGeneration, expectRefusal } from './refused.ts';
import { type Saver, smallGeneration, wideGeneration } from './savers.ts';
import { type DiskKind, memoryDisk, onDisk } from './smallDisk.ts';
import type { Tally } from './tally.ts';
import { trainedText, trainingData, trainingOptions } from './training.ts';

// Saves on disks without room. Whatever fails names the path, leaves the file of before whole and nothing beside it,
// and succeeds as soon as there is room.

const kilobytes = 512;
/** More than the wide generation of any saver takes. */
const mostBlocks = 400;

/** Room for 0, 1, 2, ... blocks, until a save succeeds. */
export async function fullDisk(saver: Saver, kind: DiskKind, folder: string, step: number, tally: Tally) {
  await onDisk(kind, folder, kilobytes, async (disk) => {
    const path = join(disk.folder, 'saved');
    await (await saver.prepare(smallGeneration))(path);
    const save = await saver.prepare(wideGeneration);
    for (let blocks = 0; ; blocks += step) {
      disk.fill(blocks);
      const error = await errorOf(save(path));
      if (!error) break;
      expectRefusal(error, path, 'ENOSPC');
      await expectGeneration(saver, folder, path, smallGeneration);
      tally.add('saves on full disks');
      if (blocks > mostBlocks) throw new Error(`no save with room for ${blocks} blocks`);
    }
    await expectGeneration(saver, folder, path, wideGeneration);
    tally.add('saves once there was room');
  });
}

/** No file may be added to the disk. */
export async function noInodes(saver: Saver, folder: string, tally: Tally) {
  await onDisk(memoryDisk(',nr_inodes=4'), folder, kilobytes, async (disk) => {
    const path = join(disk.folder, 'saved');
    await (await saver.prepare(smallGeneration))(path);
    const save = await saver.prepare(wideGeneration);
    for (const name of ['a', 'b']) writeFileSync(join(disk.folder, name), '');
    expectRefusal(await errorOf(save(path)), path, 'ENOSPC');
    await expectGeneration(saver, folder, path, smallGeneration);
    tally.add('saves where no file may be added');
  });
}

export async function readOnlyDisk(saver: Saver, folder: string, tally: Tally) {
  await onDisk(memoryDisk(), folder, kilobytes, async (disk) => {
    const path = join(disk.folder, 'saved');
    await (await saver.prepare(smallGeneration))(path);
    const save = await saver.prepare(wideGeneration);
    disk.remount('ro');
    expectRefusal(await errorOf(save(path)), path, 'EROFS');
    await expectGeneration(saver, folder, path, smallGeneration);
    tally.add('saves on read-only disks');
    disk.remount('rw');
    await save(path);
    await expectGeneration(saver, folder, path, wideGeneration);
  });
}

/** The disk fills up after some epochs; the run goes on from the last checkpoint when there is room again. */
export async function fullDiskInTraining(epochs: number, folder: string, expected: string, tally: Tally) {
  await onDisk(memoryDisk(), folder, kilobytes, async (disk) => {
    const checkpoint = join(disk.folder, 'checkpoint');
    const data = await trainingData();
    const onEpoch = ({ epoch }: { epoch: number }) => {
      if (epoch === epochs) disk.fill(0);
    };
    const training = VonMisesFisherMemory.train(data, { ...trainingOptions, checkpoint, onEpoch });
    expectRefusal(await errorOf(training), checkpoint, 'ENOSPC');
    await expectNoLitter(folder);
    disk.empty();
    using memory = await VonMisesFisherMemory.resume(checkpoint, data);
    if (trainedText(memory) !== expected) throw new Error('the resumed model is another than the uninterrupted one');
    tally.add('trainings on disks that filled up');
  });
}

/** An experiment on a disk of this size; when it fails, it goes on once the disk is larger. */
export async function fullDiskInExperiment(size: number, folder: string, expected: string, tally: Tally) {
  await onDisk(memoryDisk(), folder, size, async (disk) => {
    const out = join(disk.folder, 'out');
    mkdirSync(join(out, experiment), { recursive: true });
    const { status, stderr } = await runExperiment(out);
    if (status !== 1 || !/Cannot write file ".*": no space left on device \(ENOSPC\)\n$/.test(stderr)) {
      throw new Error(`ended with ${status}: ${stderr}`);
    }
    await expectNoLitter(out);
    disk.remount('size=4096k');
    const again = await runExperiment(out);
    if (again.status !== 0) throw new Error(`with room it ended with ${again.status}: ${again.stderr}`);
    if ((await resultOf(out)) !== expected) throw new Error('result.json is another than that of a large disk');
    tally.add('experiments on full disks');
  });
}
