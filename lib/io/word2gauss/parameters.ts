import { describe } from '../../core/describe.ts';
import { DenseamError } from '../../core/errors.ts';
import { corruptFile } from '../files.ts';

/** Parameters of a word2gauss model. `sigma...` are variances, as everywhere in that package. */
export interface Word2GaussParameters {
  /** Number of words (`N`). */
  readonly words: number;
  /** The dimension of their Gaussians (`K`). */
  readonly dimension: number;
  /** One variance a word, or one for every coordinate of it. */
  readonly covarianceType: 'spherical' | 'diagonal';
  /** Energy of the training: `KL` (Kullback-Leibler divergence) or `IP` (inner product of densities). */
  readonly energyType: string;
  /** The greatest Euclidean norm that training allowed a mean. */
  readonly muMax: number;
  /** The smallest variance that training allowed. */
  readonly sigmaMin: number;
  /** The greatest variance that training allowed. */
  readonly sigmaMax: number;
}

/** The package writes numbers for the types of covariance. */
const COVARIANCE_TYPES: ReadonlyMap<unknown, Word2GaussParameters['covarianceType']> = new Map([
  [1, 'spherical'],
  [2, 'diagonal'],
]);

/**
 * The parameters in the text of the member `parameters`.
 *
 * @param path its name in error messages
 * @throws DenseamError ERR_CORRUPT_FILE for text that is no JSON object or lacks a value; ERR_RANGE for an unknown type
 * of covariance and for counts that are no positive integers
 */
export function parseParameters(text: string, path: string): Word2GaussParameters {
  const values = parseObject(text, path);
  const { covariance_type: type } = values;
  const covarianceType = COVARIANCE_TYPES.get(type);
  if (!covarianceType) {
    throw outOfRange(path, '1 (spherical) or 2 (diagonal)', 'covariance_type', type);
  }
  return {
    words: positiveInteger(values, 'N', path),
    dimension: positiveInteger(values, 'K', path),
    covarianceType,
    energyType: ofType('string', values, 'energy_type', path),
    muMax: ofType('number', values, 'mu_max', path),
    sigmaMin: ofType('number', values, 'sigma_min', path),
    sigmaMax: ofType('number', values, 'sigma_max', path),
  };
}

function parseObject(text: string, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    // Python writes an infinite bound as Infinity, which is not JSON; a number that overflows is.
    value = JSON.parse(text.replace(/\bInfinity\b/g, '1e999'));
  } catch (error) {
    throw corruptFile(path, `not JSON: ${(error as Error).message}`, error);
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw corruptFile(path, `expected an object but received ${describe(value)}`);
}

function positiveInteger(values: Readonly<Record<string, unknown>>, name: string, path: string): number {
  const value = values[name];
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw outOfRange(path, 'a positive integer', name, value);
}

function outOfRange(path: string, expected: string, name: string, value: unknown): DenseamError {
  const received = describe(value);
  const message = `File "${path}": expected ${expected} for ${name} but received ${received}`;
  return new DenseamError('ERR_RANGE', message, { argument: name, expected, received });
}

interface Types {
  string: string;
  number: number;
}

function ofType<T extends keyof Types>(
  type: T,
  values: Readonly<Record<string, unknown>>,
  name: string,
  path: string,
): Types[T] {
  const value = values[name];
  if (typeof value === type) return value as Types[T];
  throw corruptFile(path, `expected a ${type} for ${name} but received ${describe(value)}`);
}
