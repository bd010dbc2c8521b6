import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where Debian's package dataset-fashion-mnist puts its files. */
export const debianFolder = '/usr/share/datasets/fashion-mnist';

const fileNames = ['train-images-idx3-ubyte.gz', 'train-images-idx3-ubyte'];

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ?? false;
}

/**
 * The file of training images: `data` itself, or the one in the folder `data`, by default Debian's. Throws an error
 * that says both ways to get one when there is none.
 */
export async function findImageFile(data: string = debianFolder): Promise<string> {
  for (const path of [data, ...fileNames.map((name) => join(data, name))]) {
    if (await isFile(path)) return path;
  }
  throw new Error(
    `No images: ${data} is neither an IDX file nor a folder with ${fileNames[0]} (or without .gz). Either\n` +
      '  install Fashion-MNIST:   apt-get install dataset-fashion-mnist   (Debian, Ubuntu)\n' +
      '  or say where it is:      --data <folder or file>',
  );
}
