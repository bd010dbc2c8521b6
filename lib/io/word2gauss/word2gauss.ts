import { Buffer } from 'node:buffer';
import { callOptions, oneOf, optional, readOptions, specify } from '../../core/options.ts';
import type { CallOptions, Gaussians } from '../../core/types.ts';
import { allocate, corruptFile } from '../files.ts';
import { type FilePath, filePath } from '../path.ts';
import { parseParameters, type Word2GaussParameters } from './parameters.ts';
import { checkByteLength, RowDecoder, type RowsLayout } from './rows.ts';
import type { MemberSink } from './tar.ts';
import { readTarGz } from './tarGz.ts';

export type { Word2GaussParameters } from './parameters.ts';

/** The Gaussians of the words, those of the words as contexts of other words, or the words' and then the contexts'. */
export type Word2GaussPart = 'words' | 'contexts' | 'both';

export interface ReadWord2GaussOptions extends CallOptions {
  /** Which Gaussians to read. Default `words`. */
  readonly part?: Word2GaussPart | undefined;
}

/** A model of n words in d dimensions. */
export interface Word2GaussModel {
  /**
   * Variances, float32: isotropic for covariance type `spherical`, diagonal for `diagonal`. There are n; for part
   * `both` 2 n, Gaussian i and Gaussian n + i belonging to word i.
   */
  readonly gaussians: Gaussians;
  /** The n words. They are numbers in text ("0", "1", ...) where the model was saved without its vocabulary. */
  readonly words: readonly string[];
  readonly parameters: Word2GaussParameters;
}

const modelOptions = specify<ReadWord2GaussOptions>()({
  ...callOptions,
  part: optional(oneOf('words', 'contexts', 'both'), 'words'),
});

/** The members that are read. The others are the training's accumulated gradients. */
type Member = 'parameters' | 'word_mu' | 'mu_context' | 'sigma';
const MEMBERS: readonly string[] = ['parameters', 'word_mu', 'mu_context', 'sigma'] satisfies Member[];

/** Limit of the parameters' text: ten values in JSON take some hundred bytes. */
const MOST_PARAMETER_BYTES = 1 << 16;

/**
 * Reads a model of Gaussian word embeddings that the Python package word2gauss saved: the tar.gz file that
 * `GaussianEmbedding.save(path, vocab=..., full=True)` writes. (Files of `full=False` hold no variances.) The package
 * trains two Gaussians a word, one for the word itself and one for the word as a context of others; models of its early
 * versions have only the first.
 *
 * The file is read twice, because its counts come last. `onProgress` counts the file's bytes, both times. Numbers of
 * other parts are not checked.
 *
 * @throws DenseamError ERR_CORRUPT_FILE for a file that is truncated, damaged or foreign, for a missing, repeated or
 * far too long member, and for text that is no number; ERR_SHAPE for the wrong number of rows or of numbers in a row;
 * ERR_NOT_FINITE for NaN and infinities; ERR_NOT_POSITIVE_DEFINITE for a negative variance (zero is a singular
 * covariance, which a memory takes); ERR_RANGE for an unknown covariance type or part, counts below 1 and numbers
 * beyond float32; ERR_OUT_OF_MEMORY when the numbers do not fit. Messages name the file, the member and the row and
 * column, from 0. The signal's reason; system errors with their code and a message that names the file.
 */
export async function readWord2Gauss(path: FilePath, options: ReadWord2GaussOptions = {}): Promise<Word2GaussModel> {
  const file = filePath(path);
  const read = readOptions(modelOptions, options);
  const { part } = read;
  const { parameters, byteLengths } = await readContents(file, passOptions(read, 0));
  const layouts = layoutsOf(file, parameters, byteLengths.has('mu_context'));
  if (part !== 'words' && !layouts.mu_context) throw missing(file, 'mu_context', [...byteLengths.keys()]);
  for (const layout of Object.values(layouts)) checkByteLength(layout, byteLengths.get(layout.member) as number);

  const gaussians = emptyGaussians(file, parameters, part);
  const decoders = decodersFor(layouts, gaussians, part);
  await readTarGz(file, (name) => decoders.get(name), passOptions(read, 1));
  for (const decoder of decoders.values()) decoder.checkComplete(); // it may have changed since the first pass
  return { gaussians, words: decoders.get('word_mu')?.words ?? [], parameters };
}

/** The options of one of two passes over the file: its progress is half of the whole. */
function passOptions({ signal, onProgress }: CallOptions, pass: 0 | 1): CallOptions {
  if (!onProgress) return { signal };
  return {
    signal,
    onProgress: ({ completed, total }) => onProgress({ completed: pass * total + completed, total: 2 * total }),
  };
}

interface Contents {
  readonly parameters: Word2GaussParameters;
  /** The lengths of the members that are read. */
  readonly byteLengths: ReadonlyMap<string, number>;
}

/** First pass: reads the list of members and the parameters. */
async function readContents(path: string, options: CallOptions): Promise<Contents> {
  const byteLengths = new Map<string, number>();
  const pieces: Uint8Array[] = [];
  const collector: MemberSink = { push: (bytes) => pieces.push(bytes.slice()), finish: () => {} };
  const choose = (name: string, byteLength: number) => {
    if (!MEMBERS.includes(name)) return undefined;
    if (byteLengths.has(name)) throw corruptFile(path, `it holds two members named "${name}"`);
    byteLengths.set(name, byteLength);
    if (name !== 'parameters') return undefined;
    if (byteLength <= MOST_PARAMETER_BYTES) return collector;
    throw corruptFile(`${path}/${name}`, `expected at most ${MOST_PARAMETER_BYTES} bytes but received ${byteLength}`);
  };
  await readTarGz(path, choose, options);
  for (const name of ['parameters', 'word_mu', 'sigma'] satisfies Member[]) {
    if (!byteLengths.has(name)) throw missing(path, name, [...byteLengths.keys()]);
  }
  const parameters = parseParameters(Buffer.concat(pieces).toString(), `${path}/parameters`);
  return { parameters, byteLengths };
}

function missing(path: string, name: Member, found: readonly string[]): Error {
  return corruptFile(path, `it has no member "${name}", only [${found.join(', ')}]`);
}

interface Layouts {
  readonly word_mu: RowsLayout;
  /** Undefined for models of early versions, which have no contexts. */
  readonly mu_context?: RowsLayout;
  /** The variances of the words and then of the contexts. */
  readonly sigma: RowsLayout;
}

function layoutsOf(
  path: string,
  { words, dimension, covarianceType }: Word2GaussParameters,
  contexts: boolean,
): Layouts {
  const layout = (member: Member, rows: number, columns: number): RowsLayout => ({
    path: `${path}/${member}`,
    member,
    rows,
    columns,
    hasWords: member === 'word_mu',
    areVariances: member === 'sigma',
  });
  return {
    word_mu: layout('word_mu', words, dimension),
    ...(contexts && { mu_context: layout('mu_context', words, dimension) }),
    sigma: layout('sigma', contexts ? 2 * words : words, covarianceType === 'spherical' ? 1 : dimension),
  };
}

/** Gaussians to be filled in. */
function emptyGaussians(
  path: string,
  { words, dimension, covarianceType }: Word2GaussParameters,
  part: Word2GaussPart,
): Gaussians & { means: Float32Array; covariances: Float32Array } {
  const count = part === 'both' ? 2 * words : words;
  const zeros = (length: number) => {
    const bytes = length * Float32Array.BYTES_PER_ELEMENT;
    return allocate(`File "${path}"`, bytes, () => new Float32Array(length));
  };
  const means = zeros(count * dimension);
  if (covarianceType === 'spherical') {
    return { count, dimension, structure: 'isotropic', means, covariances: zeros(count) };
  }
  return { count, dimension, structure: 'diagonal', means, covariances: zeros(count * dimension) };
}

/** Decoders of the members in the second pass. Other rows are counted, and their words kept. */
function decodersFor(
  { word_mu, mu_context, sigma }: Layouts,
  { count, means, covariances }: { count: number; means: Float32Array; covariances: Float32Array },
  part: Word2GaussPart,
): ReadonlyMap<string, RowDecoder> {
  const n = word_mu.rows;
  const wordEnd = part === 'contexts' ? 0 : n;
  const first = part === 'contexts' ? n : 0;
  const decoders = new Map([
    ['word_mu', new RowDecoder(word_mu, { first: 0, end: wordEnd, target: means })],
    ['sigma', new RowDecoder(sigma, { first, end: first + count, target: covariances })],
  ]);
  if (!mu_context || part === 'words') return decoders;
  const target = means.subarray(wordEnd * mu_context.columns);
  return decoders.set('mu_context', new RowDecoder(mu_context, { first: 0, end: n, target }));
}
