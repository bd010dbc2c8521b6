import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';

/** What a registry says of a package: its only version is the one that is installed here. */
function description(folder: string, address: string) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { name, version } = manifest;
  const dist = { tarball: `${address}/${encodeURIComponent(name)}/tarball` };
  return JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } });
}

/**
 * A registry of the packages in a node_modules folder, so that npm installs without the network. It knows no others.
 */
export async function startRegistry(modules: string): Promise<{ address: string; server: Server }> {
  const server = createServer(({ url = '' }, response) => {
    const [, name = '', what] = url.split('/').map(decodeURIComponent);
    const folder = join(modules, name);
    if (name === '' || !existsSync(join(folder, 'package.json'))) response.writeHead(404).end('{}');
    else if (what !== 'tarball') response.end(description(folder, address));
    else response.end(execFileSync('tar', ['-cz', '-C', dirname(folder), basename(folder)]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, server };
}
