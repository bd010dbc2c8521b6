import { types } from 'node:util';
import { DenseamError } from '../core/errors.ts';

// This module must not import the native part, whose loading may fail.

/** Exit codes of commands; 0 is success. */
export const exitCodes = {
  failed: 1,
  usage: 2,
  /** A shell's code for a program ended by SIGINT: 128 + 2. */
  interrupted: 130,
} as const;

/** Invalid command line: unknown option, command or value. */
export class UsageError extends Error {}

/** An error in one line, with its code. Options of the library appear under the names of their flags. */
export function describeError(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  if (error instanceof UsageError) return `${error.message} (--help lists the options)`;
  const { message } = error instanceof DenseamError ? aboutFlag(error) : error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}

/** Renames the argument of an error from an option of the library to its flag. */
function aboutFlag(error: DenseamError): DenseamError {
  const [, name, element = ''] = /^options\.([a-zA-Z]+)(.*)/.exec(error.argument ?? '') ?? [];
  return name === undefined ? error : error.withArgument(`${flagOf(name)}${element}`);
}

/** Flags whose names differ from their options': --beta takes several betas, and --ungated turns `gated` off. */
const otherFlags: Readonly<Record<string, string>> = { betas: '--beta', gated: '--ungated' };

/** `maxIterations` is --max-iterations, `k` is -k. */
export function flagOf(name: string): string {
  const long = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return otherFlags[name] ?? (name.length === 1 ? `-${name}` : long);
}
