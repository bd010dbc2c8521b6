// A valid file of every kind and version that is read, in parts that can be changed before the checksums over them are
// made: what lies behind a checksum is reached only by files whose checksums are right.

import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import {
  EuclideanMemory,
  GaussianMemory,
  PointCloudMemory,
  readGaussians,
  readIdx,
  readNpy,
  readNpz,
  readWord2Gauss,
  VonMisesFisherMemory,
} from '../../../lib/index.ts';
import { formatNpy } from '../../../lib/io/numpy/npy.ts';
import { rows } from '../../../test/conformance/golden/cases.ts';
import { npyFile, type ZipMember, zipFile } from '../../../test/io/archives.ts';
import { diagonal, modelMembers, spherical, tarFile, tarGzFile } from '../../../test/io/tar.ts';
import { root } from '../folders.ts';

export interface Kind {
  readonly name: string;
  readonly parts: readonly Uint8Array[];
  /** The file made of the parts, its checksums and lengths right. */
  readonly seal: (parts: readonly Uint8Array[]) => Uint8Array;
  readonly read: (path: string) => Promise<unknown>;
  /** Whether checksums cover every byte, so that no other numbers come out of a file that was damaged by accident. */
  readonly isChecked?: boolean;
}

const only = ([part]: readonly Uint8Array[]) => part as Uint8Array;
const zipped = (parts: readonly Uint8Array[]) => gzipSync(only(parts), { level: 1 });
const text = (dictionary: string) => Buffer.from(dictionary);

function npy(name: string, dictionary: string, bytes: number, version: number): Kind {
  return {
    name,
    parts: [text(dictionary), new Uint8Array(bytes).fill(1)],
    seal: ([header, numbers]) =>
      npyFile(Buffer.from(header ?? []).toString('latin1'), numbers ?? new Uint8Array(0), version),
    read: (path) => readNpy(path),
  };
}

function npz(name: string, members: readonly ZipMember[], read: Kind['read']): Kind {
  const seal = (parts: readonly Uint8Array[]) =>
    zipFile(members.map((member, i) => ({ ...member, bytes: parts[i] ?? member.bytes })));
  return { name, parts: members.map(({ bytes }) => bytes), seal, read };
}

const means = formatNpy([2, 3], Float64Array.of(1, 2, 3, 4, 5, 6));
const variances = formatNpy([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));

const numpy: readonly Kind[] = [
  { name: 'npy', parts: [means], seal: only, read: (path) => readNpy(path) },
  npy(
    'npy of version 1, other spelling',
    `{u"shape": (2L, 0x2,), # a\n 'fortran_order': True, r'descr': '>' 'i8'}`,
    32,
    1,
  ),
  npy('npy of version 2', `{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2, 2), }`, 16, 2),
  npy('npy of version 3', `{'descr': '|b1', 'fortran_order': True, 'shape': (3,), }`, 3, 3),
  npz(
    'npz',
    [
      { name: '/a/b.npy', bytes: formatNpy([3], Float32Array.of(1, 2, 3)), deflate: true },
      { name: 'plain', bytes: formatNpy([2], Int32Array.of(4, 5)), zip64: true },
    ],
    (path) => readNpz(path),
  ),
  npz(
    'npz of Gaussians',
    [
      { name: 'means.npy', bytes: means },
      { name: 'covariances.npy', bytes: variances, deflate: true },
    ],
    (path) => readGaussians(path, { kind: 'variance' }),
  ),
];

const idx = Buffer.from([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]);
const others: readonly Kind[] = [
  { name: 'IDX', parts: [idx], seal: only, read: (path) => readIdx(path) },
  { name: 'IDX, gzipped', parts: [idx], seal: zipped, read: (path) => readIdx(path) },
  ...[spherical, diagonal].map((model): Kind => {
    const members = modelMembers(model);
    return {
      name: `word2gauss, ${model === spherical ? 'spherical' : 'diagonal'}`,
      parts: members.map((member) => Buffer.from(member.text ?? '')),
      seal: (parts) => tarGzFile(members.map((member, i) => ({ ...member, text: parts[i] ?? '' }))),
      read: (path) => readWord2Gauss(path, { part: 'both' }),
    };
  }),
  {
    name: 'word2gauss, its tar archive',
    parts: [tarFile(modelMembers(spherical))],
    seal: ([tar]) => gzipSync(withTarChecksums(Buffer.from(tar ?? [])), { level: 1 }),
    read: (path) => readWord2Gauss(path),
  },
];

/** Every header's checksum made right again. */
function withTarChecksums(tar: Buffer): Buffer {
  for (let at = tar.indexOf('ustar') - 257; at >= 0; at = tar.indexOf('ustar', at + 512) - 257) {
    const header = tar.subarray(at, at + 512);
    header.fill(' ', 148, 156);
    header.write(
      header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0'),
      148,
    );
  }
  return tar;
}

interface Whole {
  get(indices: number[]): Promise<unknown>;
  readonly size: number;
  close(): void;
}

/** The numbers of a memory. */
async function contents(loading: Promise<Whole>): Promise<unknown> {
  const memory = await loading;
  try {
    return await memory.get([...Array(memory.size).keys()]);
  } finally {
    memory.close();
  }
}

async function parametersOf(loading: Promise<VonMisesFisherMemory>): Promise<unknown> {
  using model = await loading;
  const { memories, classWeights, history } = model;
  return [memories, classWeights, history.map(({ loss }) => loss)];
}

/** Goes on for one epoch: a file may ask for any number of them. */
async function resumed(path: string): Promise<unknown> {
  const stop = new AbortController();
  const reason = new Error('enough');
  const options = { signal: stop.signal, onEpoch: () => stop.abort(reason) };
  const precision = path.includes('float32') ? 'float32' : 'float64';
  return parametersOf(VonMisesFisherMemory.resume(path, rows(precision), options)).catch((error: unknown) => {
    if (error === reason) return 'it went on';
    throw error;
  });
}

const loaders: Readonly<Record<string, Kind['read']>> = {
  gaussian: (path) => contents(GaussianMemory.load(path)),
  euclidean: (path) => contents(EuclideanMemory.load(path)),
  pointcloud: (path) => contents(PointCloudMemory.load(path)),
  'von-mises-fisher': (path) => parametersOf(VonMisesFisherMemory.load(path)),
  checkpoint: resumed,
};

/** The files of every version of denseam. */
function saved(): Kind[] {
  const golden = join(root, 'test/conformance/golden');
  const names = readdirSync(golden, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.safetensors'),
  );
  return names.map((name) => {
    const [, loader] = Object.entries(loaders).find(([start]) => name.includes(`/${start}-`)) ?? [];
    if (!loader) throw new Error(`nothing loads ${name}`);
    return { name, ...safetensorsParts(readFileSync(join(golden, name))), read: loader, isChecked: true };
  });
}

const headerStart = '{"__metadata__":{"checksum":"crc32:';

/** The header as JSON with all checksums removed, and the data of the tensors in one. */
function safetensorsParts(file: Buffer): Pick<Kind, 'parts' | 'seal'> {
  const dataStart = 8 + Number(file.readBigUInt64LE());
  const header = file.toString('latin1', 8 + headerStart.length, dataStart).replace(/^[\da-f,]*/, '');
  return { parts: [Buffer.from(header, 'latin1'), file.subarray(dataStart)], seal: sealedSafetensors };
}

type Range = [begin: number, end: number];

/** The data's ranges, in their order, of whatever the header says. */
function rangesIn(header: string): Range[] {
  try {
    const { __metadata__, ...tensors } = JSON.parse(`${headerStart}${header}`) as Record<
      string,
      { data_offsets: number[] }
    >;
    const ranges = Object.values(tensors).map(({ data_offsets: [begin, end] }): Range => [Number(begin), Number(end)]);
    return ranges.sort(([a, b], [c, d]) => a - c || b - d);
  } catch {
    return [];
  }
}

function sealedSafetensors([rest = new Uint8Array(0), data = new Uint8Array(0)]: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.from(rest).toString('latin1');
  const sums = rangesIn(header).map(([begin, end]) => crc32(data.subarray(begin, end)));
  const digits = [0, ...sums].map((sum) => sum.toString(16).padStart(8, '0')).join();
  const json = Buffer.from(`${headerStart}${digits}${header}`, 'latin1');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const whole = Buffer.concat([length, json]);
  whole.write(crc32(whole).toString(16).padStart(8, '0'), 8 + headerStart.length, 'latin1');
  return Buffer.concat([whole, data]);
}

export const kinds: readonly Kind[] = [...numpy, ...others, ...saved()];
