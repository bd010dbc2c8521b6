import { fileURLToPath } from 'node:url';
import { describe, fields, rangeError, shapeError } from './validate.ts';

/** The path of a file, from a path or a `file:` URL. */
export function aPath(name: string, value: unknown): string {
  const path = typeof value === 'string' ? value : pathOfUrl(name, value);
  if (path.includes('\0')) throw rangeError(name, 'a path without null characters', path.replaceAll('\0', '\\0'));
  return path;
}

/** Of any realm: Jest and node:vm have a class URL of their own. */
function pathOfUrl(name: string, value: unknown): string {
  const isObject = typeof value === 'object' && value !== null;
  const { href, protocol } = isObject ? fields(name, value, ['href', 'protocol']) : {};
  if (typeof href !== 'string' || protocol !== 'file:')
    throw shapeError(name, 'a path or a file: URL', describe(value));
  try {
    return fileURLToPath(href);
  } catch {
    throw rangeError(name, 'a path or a file: URL', href);
  }
}
