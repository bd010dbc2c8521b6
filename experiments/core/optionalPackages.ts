// Packages that an experiment can use, but that denseam does not bring along.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DenseamError } from 'denseam';

/** Beside the user's project, or beside denseam itself. */
const places = [join(process.cwd(), 'package.json'), import.meta.url].map((from) => createRequire(from));

/** The path of a module, or of a file of a package. Throws node's error where there is none. */
export function resolveInstalled(name: string): string {
  const [project, own] = places as [NodeJS.Require, NodeJS.Require];
  try {
    return project.resolve(name);
  } catch {
    return own.resolve(name);
  }
}

/** The module of this name. Throws node's error where there is none. */
export function installed(name: string): unknown {
  return createRequire(import.meta.url)(resolveInstalled(name));
}

/** Says how to get packages that an experiment needs for something, if they are what is missing. */
export function notInstalled(names: string, purpose: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') return cause;
  const message = `Expected ${names} to be installed for ${purpose} but received none: npm install ${names}`;
  return new DenseamError('ERR_NOT_INSTALLED', message, { argument: names, expected: 'an installed package', cause });
}
