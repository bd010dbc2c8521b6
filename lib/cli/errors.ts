import { types } from 'node:util';
import { DenseamError } from '../core/errors.ts';

// Imports nothing that loads the native part: that may fail, too.

/** What a command ends with; 0 is success. */
export const exitCodes = {
  failed: 1,
  usage: 2,
  /** What a shell reports for a program ended by SIGINT: 128 + 2. */
  interrupted: 130,
} as const;

/** Invalid command line: unknown option, command or value. */
export class UsageError extends Error {}

/** An error in one line, with its code. An option of the library has the name of its flag. */
export function describeError(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  if (error instanceof UsageError) return `${error.message} (--help lists the options)`;
  const { message } = error instanceof DenseamError ? aboutFlag(error) : error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}

/** An error about an option of the library is one about the flag that it has on the command line. */
function aboutFlag(error: DenseamError): DenseamError {
  const [, name, element = ''] = /^options\.([a-zA-Z]+)(.*)/.exec(error.argument ?? '') ?? [];
  return name === undefined ? error : error.withArgument(`${flagOf(name)}${element}`);
}

/** `maxIterations` is --max-iterations, `k` is -k; --beta takes several betas. */
export function flagOf(name: string): string {
  if (name === 'betas') return '--beta';
  return name.length === 1 ? `-${name}` : `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
