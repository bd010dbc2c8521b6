import { deflateRawSync, crc32 as zlibCrc32 } from 'node:zlib';

/** An .npy file made by hand, independent of the library's own writer. */
export function npyFile(dictionary: string, numbers: Uint8Array, version = 1): Uint8Array {
  const text = Buffer.from(`${dictionary}\n`, version === 3 ? 'utf8' : 'latin1');
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(text.length, 0, length.length);
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from([version, 0]), length, text, numbers]);
}

export interface ZipMember {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly deflate?: boolean;
  /** Sizes and offset go into zip64 extra fields, as for members above 4 GiB. */
  readonly zip64?: boolean;
  readonly crc32?: number;
  readonly method?: number;
  readonly flags?: number;
  /** The uncompressed size the archive claims. */
  readonly claimedSize?: number;
  /** The directory says that the member lies here, and the archive has no other place for it. */
  readonly at?: number;
  /** Bytes behind the member: a data descriptor, or what was deleted. */
  readonly gap?: number;
}

/** A zip archive made by hand. Its directory has the members in their order, or in the reverse one. */
export function zipFile(members: readonly ZipMember[], isReversed = false): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const data = member.deflate ? deflateRawSync(member.bytes) : Buffer.from(member.bytes);
    const local = zipHeader(member, data.length, undefined);
    directory.push(zipHeader(member, data.length, member.at ?? offset));
    if (member.at !== undefined) continue;
    parts.push(local, data, Buffer.alloc(member.gap ?? 0));
    offset += local.length + data.length + (member.gap ?? 0);
  }
  if (isReversed) directory.reverse();
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

/** A local header, or with `offset` a central one. */
function zipHeader(member: ZipMember, compressed: number, offset: number | undefined): Buffer {
  const central = offset !== undefined;
  const name = Buffer.from(member.name);
  const size = member.claimedSize ?? member.bytes.length;
  const sizes = central ? [size, compressed, offset] : [size, compressed];
  const extra = Buffer.alloc(member.zip64 ? 4 + 8 * sizes.length : 0);
  if (member.zip64) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(8 * sizes.length, 2);
    for (const [i, value] of sizes.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  }
  const header = Buffer.alloc(central ? 46 : 30);
  header.writeUInt32LE(central ? 0x02014b50 : 0x04034b50, 0);
  const at = central ? 6 : 4; // version needed
  header.writeUInt16LE(45, at);
  header.writeUInt16LE(member.flags ?? 0, at + 2);
  header.writeUInt16LE(member.method ?? (member.deflate ? 8 : 0), at + 4);
  header.writeUInt32LE(member.crc32 ?? zlibCrc32(member.bytes), at + 10);
  header.writeUInt32LE(member.zip64 ? 0xffffffff : compressed, at + 14);
  header.writeUInt32LE(member.zip64 ? 0xffffffff : size, at + 18);
  header.writeUInt16LE(name.length, at + 22);
  header.writeUInt16LE(extra.length, at + 24);
  if (central) header.writeUInt32LE(member.zip64 ? 0xffffffff : offset, 42);
  return Buffer.concat([header, name, extra]);
}
