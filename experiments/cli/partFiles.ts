import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DenseamError } from 'denseam';
import { corruptFile, describing, writeContents } from 'denseam/cli';
import type { ExperimentSettings, PartStore } from '../core/experiment.ts';

/** The folder of the parts that belong to these settings; another release may compute them in another way. */
function partFolder(folder: string, settings: object, version: string): string {
  const hash = createHash('sha256').update(jsonOf('settings', { version, settings }));
  return join(folder, 'parts', hash.digest('hex').slice(0, 16));
}

/**
 * Finished parts of the experiment `id`, a JSON file each, in its folder within `out`; those that experiments share
 * beside it.
 */
export function filePartStore(out: string, id: string, settings: ExperimentSettings, version: string): PartStore {
  const own = partFolder(join(out, id), settings, version);
  return {
    part: (name, compute) => keptPart(own, name, compute),
    sharedPart: async (name, choices, compute) => keptPart(partFolder(out, choices, version), name, compute),
  };
}

async function keptPart<T>(folder: string, name: string, compute: () => Promise<T>): Promise<T> {
  if (!/^[A-Za-z0-9-]+$/.test(name)) {
    const expected = 'letters, digits and dashes for the name of a part';
    throw new DenseamError('ERR_RANGE', `Expected ${expected} but received "${name}"`);
  }
  const path = join(folder, `${name}.json`);
  const text = (await readIfThere(path)) ?? (await computeAndKeep(path, name, compute));
  // A new part is parsed from its text like a kept one, so that an interruption makes no difference.
  return parse(text, path) as T;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await describing('read', path, readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function computeAndKeep(path: string, name: string, compute: () => Promise<unknown>): Promise<string> {
  const text = jsonOf(`part "${name}"`, await compute());
  await mkdir(dirname(path), { recursive: true });
  await writeContents(path, text); // without the signal: it is the result of what took long
  return text;
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw corruptFile(path, 'it is no JSON; remove it to compute this part again', error);
  }
}

/** JSON of a value that comes back as it was. What JSON would change in silence (NaN, typed arrays, ...) is refused. */
function jsonOf(what: string, value: unknown): string {
  return JSON.stringify(value, (key, given: unknown) => {
    const isPlain =
      given === null ||
      typeof given === 'string' ||
      typeof given === 'boolean' ||
      (typeof given === 'number' && Number.isFinite(given)) ||
      Array.isArray(given) ||
      (typeof given === 'object' && Object.getPrototypeOf(given) === Object.prototype);
    if (isPlain || (given === undefined && key !== '')) return given;
    throw new DenseamError('ERR_RANGE', `Expected plain JSON values in ${what} but "${key}" is ${String(given)}`);
  });
}
