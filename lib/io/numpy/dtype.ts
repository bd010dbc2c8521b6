import { endianness } from 'node:os';

/** A number type as numpy's array protocol spells it, without the byte order. */
export type NpyType = keyof typeof BYTES_PER_NPY_ITEM;

export const BYTES_PER_NPY_ITEM = {
  b1: 1,
  i1: 1,
  i2: 2,
  i4: 4,
  i8: 8,
  u1: 1,
  u2: 2,
  u4: 4,
  u8: 8,
  f2: 2,
  f4: 4,
  f8: 8,
} as const;

/** Storage of numbers. */
export interface Dtype {
  readonly type: NpyType;
  readonly bigEndian: boolean;
}

/** numpy's codes of one letter, on systems where a C long has 64 bits. A byte order may stand before them. */
const CODES: ReadonlyMap<string, NpyType> = new Map([
  ['?', 'b1'],
  ['b', 'i1'],
  ['h', 'i2'],
  ['i', 'i4'],
  ['l', 'i8'],
  ['q', 'i8'],
  ['p', 'i8'],
  ['n', 'i8'],
  ['B', 'u1'],
  ['H', 'u2'],
  ['I', 'u4'],
  ['L', 'u8'],
  ['Q', 'u8'],
  ['P', 'u8'],
  ['N', 'u8'],
  ['e', 'f2'],
  ['f', 'f4'],
  ['d', 'f8'],
]);

/** Names of each type in any numpy from 1.24 on. No byte order may stand before them. */
const NAMES: Readonly<Record<NpyType, readonly string[]>> = {
  b1: ['bool', 'bool_', 'bool8'],
  i1: ['int8', 'byte'],
  i2: ['int16', 'short'],
  i4: ['int32', 'intc'],
  i8: ['int64', 'int', 'int_', 'long', 'longlong', 'intp', 'int0'],
  u1: ['uint8', 'ubyte'],
  u2: ['uint16', 'ushort'],
  u4: ['uint32', 'uintc'],
  u8: ['uint64', 'uint', 'ulong', 'ulonglong', 'uintp', 'uint0'],
  f2: ['float16', 'half'],
  f4: ['float32', 'single'],
  f8: ['float64', 'float', 'float_', 'double'],
};

const TYPES = Object.keys(NAMES) as NpyType[];

/** The type of numbers, of kind b, i, u or f, for a description of numpy; undefined for any other kind. */
export function parseDtype(descr: string): Dtype | undefined {
  const [, order, name = ''] = /^([<>=|]?)(.*)$/s.exec(descr) ?? [];
  const sized = name.replace(/^([biuf])0*(?=\d)/, '$1');
  const type = CODES.get(name) ?? TYPES.find((each) => each === sized || (order === '' && NAMES[each].includes(descr)));
  // Without < or > the order is that of the machine that reads.
  return type && { type, bigEndian: order === '>' || (order !== '<' && endianness() === 'BE') };
}
