import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';

/** A package with its one version. */
interface Published {
  readonly manifest: { readonly name: string; readonly version: string };
  tarball(): Buffer;
}

function fromFolder(folder: string): Published {
  return {
    manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    tarball: () => execFileSync('tar', ['-cz', '-C', dirname(folder), basename(folder)], { maxBuffer: 2 ** 28 }),
  };
}

function fromTarball(path: string): Published {
  const text = execFileSync('tar', ['-xzOf', path, 'package/package.json'], { encoding: 'utf8' });
  return { manifest: JSON.parse(text), tarball: () => readFileSync(path) };
}

/** What a registry says of a package. */
function description({ manifest }: Published, address: string): string {
  const { name, version } = manifest;
  const dist = { tarball: `${address}/${encodeURIComponent(name)}/tarball` };
  return JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } });
}

/**
 * A registry of these tarballs and of the packages in a node_modules folder, so that npm installs without the network.
 * It knows no others.
 */
export async function startRegistry(
  modules: string,
  tarballs: readonly string[],
): Promise<{ address: string; server: Server }> {
  const packed = new Map(tarballs.map(fromTarball).map((each) => [each.manifest.name, each]));
  const find = (name: string): Published | undefined => {
    const folder = join(modules, name);
    return packed.get(name) ?? (existsSync(join(folder, 'package.json')) ? fromFolder(folder) : undefined);
  };
  const server = createServer(({ url = '' }, response) => {
    const [, name = '', what] = url.split('/').map(decodeURIComponent);
    const found = name === '' ? undefined : find(name);
    if (found === undefined) response.writeHead(404).end('{}');
    else response.end(what === 'tarball' ? found.tarball() : description(found, address));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, server };
}
