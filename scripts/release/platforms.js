// The packages @denseam/<platform>, each with one binary: what prebuildify left in prebuilds/<platform>/.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The platforms that lib/native/addon.cjs asks for. */
const known = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];

/** The platforms of the binaries in prebuilds/, in the order of `known`. */
export function builtPlatforms(root) {
  const folder = join(root, 'prebuilds');
  const found = existsSync(folder) ? readdirSync(folder) : [];
  const strange = found.filter((name) => !known.includes(name));
  if (strange.length > 0) throw new Error(`prebuilds/ holds ${strange.join(', ')}, which denseam never asks for.`);
  if (found.length === 0) throw new Error('prebuilds/ holds no binary: run "npm run prebuild" first.');
  return known.filter((name) => found.includes(name));
}

export const packageName = (platform) => `@denseam/${platform}`;

/** The C library that this Node runs on: that of the binaries that were built on this system. */
const libc = () => (process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl');

/** What its package.json says. */
function description(platform, library) {
  const { version, license, author, repository, homepage, bugs, engines } = library;
  const [os, cpu] = platform.split('-');
  return {
    name: packageName(platform),
    version,
    description: `The binary of denseam for ${platform}. Install denseam, which brings it.`,
    license: `${license} AND BSD-3-Clause AND (GPL-3.0-or-later WITH GCC-exception-3.1)`,
    author,
    repository,
    homepage,
    bugs,
    engines,
    os: [os],
    cpu: [cpu],
    ...(os === 'linux' && { libc: [libc()] }),
    // A binary cannot be loaded from the archives in which Yarn's Plug'n'Play keeps packages.
    preferUnplugged: true,
    main: './denseam.node',
    files: ['denseam.node', 'THIRD-PARTY.md'],
  };
}

const readme = (platform, version) => `# ${packageName(platform)}

The native part of denseam ${version} for ${platform}. \`npm install denseam\`
brings this package on systems that can load it; nothing else should depend on it. THIRD-PARTY.md has the licences of
the libraries that the binary contains.
`;

/** Writes the package of a platform into `folder`. */
export function writePlatformPackage(root, folder, platform, library, thirdParty) {
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'prebuilds', platform, 'denseam.node'), join(folder, 'denseam.node'));
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(description(platform, library), undefined, 2)}\n`);
  writeFileSync(join(folder, 'README.md'), readme(platform, library.version));
  writeFileSync(join(folder, 'THIRD-PARTY.md'), thirdParty);
}

/** package.json of a folder. */
export const readManifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
