import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DenseamError } from 'denseam';
import { dataSets, findDataSet } from '../core/dataSets.ts';

const fileNames = ['train-images-idx3-ubyte.gz', 'train-images-idx3-ubyte'];

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ?? false;
}

/**
 * The IDX file of training images: `data` itself, or the one in the folder or data set `data`.
 *
 * @throws DenseamError ERR_NOT_INSTALLED for a data set, ERR_RANGE for a path: each says how to get images.
 */
export async function findImageFile(data: string): Promise<string> {
  const set = dataSets.find(({ name }) => name === data);
  const place = set ? findDataSet(set) : data;
  const paths = place === undefined ? [] : [place, ...fileNames.map((name) => join(place, name))];
  for (const path of paths) if (await isFile(path)) return path;
  throw new DenseamError(
    set ? 'ERR_NOT_INSTALLED' : 'ERR_RANGE',
    `No images: ${data} is neither an IDX file nor a folder with ${fileNames[0]} (or without .gz). Either\n` +
      '  install Fashion-MNIST:   apt-get install dataset-fashion-mnist   (Debian, Ubuntu)\n' +
      '  or download it:          denseam data fetch fashion-mnist\n' +
      '  or say where it is:      --data <folder or file>',
    { argument: 'settings.data', received: data },
  );
}
