import { gzipSync } from 'node:zlib';

export interface TarMember {
  readonly name: string;
  readonly text?: string | Uint8Array;
  /** One character, of the tar format: '0' a file, '5' a folder, '2' a link, 'x' a pax header. */
  readonly type?: string;
  /** The length the header claims. */
  readonly claimedSize?: number;
  readonly checksum?: number;
  /** Its length is written as GNU tar writes those that octal digits do not hold. */
  readonly base256?: boolean;
}

const BLOCK = 512;

/** A tar archive made by hand, independent of the code that reads it. */
export function tarFile(members: readonly TarMember[]): Uint8Array {
  const blocks = members.flatMap((member) => {
    const bytes = Buffer.from(member.text ?? '');
    return [header(member, bytes.length), bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header({ name, type = '0', claimedSize, checksum, base256 }: TarMember, length: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number) => block.write(value.toString(8).padStart(digits, '0'), at);
  block.write(name, 0, 100);
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  const size = claimedSize ?? length;
  if (base256) {
    block[124] = size < 0 ? 0xff : 0x80;
    block.writeBigInt64BE(BigInt(size), 128);
  } else {
    octal(size, 124, 11);
  }
  octal(0, 136, 11);
  block.write(type, 156);
  if (type === '2') block.write('elsewhere', 157);
  block.write('ustar\x0000', 257, 'latin1');
  block.fill(' ', 148, 156); // the checksum counts its own field as spaces
  octal(checksum ?? block.reduce((sum, byte) => sum + byte, 0), 148, 6);
  block[154] = 0;
  return block;
}

/** One record of a pax header: its length in bytes counts itself. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (String(length).length + bytes !== length) length++;
  return `${length}${rest}`;
}

export interface ModelText {
  readonly words: readonly string[];
  /** (words, dimension), and the same for the contexts; undefined for the format of early versions. */
  readonly means: readonly (readonly number[])[];
  readonly contexts?: readonly (readonly number[])[] | undefined;
  /** One row a word and then one a context; one number in it makes the model spherical. */
  readonly variances: readonly (readonly number[])[];
}

/** Rows of text; a number as JavaScript prints it, which Python reads, but for the sign of zero. */
function lines(rows: readonly (readonly unknown[])[]): string {
  const print = (value: unknown) => (Object.is(value, -0) ? '-0.0' : String(value));
  return rows.map((row) => `${row.map(print).join(' ')}\n`).join('');
}

/** The parameters as Python's json.dumps writes them. */
export function parametersText(changes: Readonly<Record<string, unknown>>): string {
  const eta = { mu: 0.1, sigma: 0.1, mu_min: 0, sigma_min: 0 };
  const bounds = { sigma_min: 0.7, sigma_max: 1.5, mu_max: 2, eta, Closs: 0.1 };
  return JSON.stringify({ N: 0, K: 0, covariance_type: 1, energy_type: 'KL', ...bounds, ...changes });
}

/** The members of a word2gauss model, in the order of the package. */
export function modelMembers({ words, means, contexts, variances }: ModelText): TarMember[] {
  const numbers = { N: words.length, K: means[0]?.length, covariance_type: variances[0]?.length === 1 ? 1 : 2 };
  const gradients = lines([...means, ...(contexts ?? [])].map((row) => row.map(() => 0)));
  return [
    { name: 'word_mu', text: lines(means.map((row, i) => [words[i], ...row])) },
    ...(contexts ? [{ name: 'mu_context', text: lines(contexts) }] : []),
    { name: 'sigma', text: lines(variances) },
    { name: 'acc_grad_mu', text: gradients },
    { name: 'acc_grad_sigma', text: gradients },
    { name: 'parameters', text: parametersText(numbers) },
  ];
}

export const tarGzFile = (members: readonly TarMember[]): Uint8Array => gzipSync(tarFile(members));

/** Two models of three words in two dimensions. */
export const spherical: ModelText = {
  words: ['rock', 'jazz', 'pop'],
  means: [
    [1, -2],
    [0.5, 0.25],
    [3, 4],
  ],
  contexts: [
    [10, 11],
    [12, 13],
    [14, 15],
  ],
  variances: [[0.5], [1], [1.5], [2], [2.5], [3]],
};

export const diagonal: ModelText = {
  ...spherical,
  variances: Array.from({ length: 6 }, (_, i) => [i + 0.5, i + 0.75]),
};

/** The members of a model with some of them replaced, or left out where the text is undefined. */
export const changed = (changes: Readonly<Record<string, string | Uint8Array | undefined>>, model = spherical) =>
  modelMembers(model)
    .map((member) => (member.name in changes ? { ...member, text: changes[member.name] } : member))
    .filter((member): member is TarMember & { text: string } => member.text !== undefined);
