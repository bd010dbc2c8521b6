import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from '../core/describe.ts';
import { rangeError, shapeError } from '../core/validate.ts';

/** Location of a file: a path, or a `file:` URL, such as `new URL('memory.safetensors', import.meta.url)`. */
export type FilePath = string | URL;

/**
 * The path of a file, from a caller's path or URL.
 *
 * @throws DenseamError ERR_SHAPE for a value that is neither a string nor a URL, ERR_RANGE for a URL that is no file's,
 * a path that no system takes, and a path that can only be a folder's
 */
export function filePath(value: unknown, name = 'path'): string {
  const path = isUrl(value) ? pathOfUrl(value, name) : value;
  if (typeof path !== 'string') throw shapeError(name, 'a path or a file: URL', describe(value));
  if (path.includes('\0')) throw rangeError(name, 'a path without null characters', path.replaceAll('\0', '\\0'));
  return namedFile(path, name);
}

/** Checks that a path ends with the name of a file, not with a slash. */
export function namedFile(path: string, name = 'path'): string {
  if (path !== '' && !path.endsWith('/') && !path.endsWith(sep)) return path;
  throw rangeError(name, 'a path that ends with the name of a file', path);
}

/** Whether a value is meant as the location of one file. */
export function isFilePath(value: unknown): value is FilePath {
  return typeof value === 'string' || isUrl(value);
}

/** A URL of any realm: Jest and node:vm have a class URL of their own. */
function isUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const { href, protocol } = value as Partial<URL>;
    return typeof href === 'string' && typeof protocol === 'string';
  } catch {
    return false; // a revoked proxy
  }
}

function pathOfUrl(url: URL, name: string): string {
  try {
    return fileURLToPath(url.href);
  } catch {
    throw rangeError(name, 'a path or a file: URL', url.href);
  }
}
