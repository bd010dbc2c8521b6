import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { bundle, traceCopy } from '../../scripts/runtimes/bundles.ts';
import { packRelease, platform, type Release, root, runNode } from './user.ts';

const { version } = manifest;
const user = mkdtempSync(join(tmpdir(), 'denseam-package-'));
const modules = join(user, 'node_modules');
const installed = join(modules, 'denseam');
const binaryPackage = `@denseam/${platform}`;
const binary = join(modules, binaryPackage, 'denseam.node');

/** What a user runs: two unit Gaussians on the line, at 0 and at 10, asked for the one next to 9. */
const useIt = `
  const batch = (means) =>
    ({ count: means.length, dimension: 1, structure: 'diagonal', means: Float64Array.from(means), covariances: new Float64Array(means.length).fill(1) });
  GaussianMemory.create(batch([0, 10]))
    .then((memory) => memory.nearest(batch([9]), { k: 1 }))
    .then(({ indices }) => console.log('nearest', indices[0]));`;

const programs = {
  import: ['--input-type=module', '--eval', `import { GaussianMemory } from 'denseam';${useIt}`],
  require: ['--input-type=commonjs', '--eval', `const { GaussianMemory } = require('denseam');${useIt}`],
};

/** The programs as files: what tracers and bundlers start from. */
const programFiles = { esm: 'program.mjs', cjs: 'program.cjs' } as const;
const formats = Object.keys(programFiles) as (keyof typeof programFiles)[];

function filesUnder(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

const run = (program: readonly string[]) => runNode(user, program);
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

let release: Release;

beforeAll(async () => {
  release = await packRelease(version);
  await release.npm(user, 'install', release.tarball('denseam'));
  writeFileSync(join(user, programFiles.esm), programs.import.at(-1) as string);
  writeFileSync(join(user, programFiles.cjs), programs.require.at(-1) as string);
}, 300_000);

afterAll(() => {
  release.server.close();
  for (const folder of [user, release.folder]) rmSync(folder, { recursive: true, force: true });
});

describe('the package as npm delivers it', () => {
  it('holds no binary, no build folder and no install script, and takes little to download', () => {
    expect(filesUnder(installed).filter((path) => path.endsWith('.node'))).toEqual([]);
    expect(existsSync(join(installed, 'build'))).toBe(false);
    expect(Object.keys(manifest.scripts).filter((name) => /install$|^prepare$/.test(name))).toEqual([]);
    expect(statSync(release.tarball('denseam')).size).toBeLessThan(1.3e6);
  });

  it('asks for the packages with binaries, of its own version, and for nothing that users have no use for', () => {
    const published = readJson(join(installed, 'package.json'));
    expect(published.optionalDependencies).toMatchObject({ [binaryPackage]: version });
    expect(new Set(Object.values(published.optionalDependencies))).toEqual(new Set([version]));
    const { devDependencies, scripts, workspaces, files, ...rest } = manifest;
    expect(published).toEqual({ ...rest, files: expect.anything(), optionalDependencies: expect.anything() });
    // A clone asks no registry for them.
    expect(manifest).not.toHaveProperty('optionalDependencies');
  });

  it('comes with the one binary that this platform can load', () => {
    expect(readdirSync(join(modules, '@denseam'))).toEqual([platform]);
    const names = ['LICENSE', 'README.md', 'THIRD-PARTY.md', 'denseam.node', 'package.json'];
    expect(readdirSync(dirname(binary)).sort()).toEqual(names);
    const [os, cpu] = platform.split('-');
    const libc = process.platform === 'linux' ? { libc: ['glibc'] } : {};
    const described = readJson(join(dirname(binary), 'package.json'));
    expect(described).toMatchObject({ name: binaryPackage, version, os: [os], cpu: [cpu], ...libc });
    expect(described).not.toHaveProperty('scripts');
  });

  it('is 16 packages at most, of 3 MB at most beside the binary', () => {
    const { packages } = readJson(join(modules, '.package-lock.json'));
    expect(Object.keys(packages).length).toBeLessThanOrEqual(16);
    const files = filesUnder(modules).filter((path) => !path.endsWith('.node'));
    expect(files.reduce((bytes, path) => bytes + statSync(path).size, 0)).toBeLessThanOrEqual(3e6);
  });

  it('has the licence of everything that it brings, and a bill of materials', () => {
    const { packages } = readJson(join(modules, '.package-lock.json')) as Record<string, Record<string, object>>;
    const names = Object.keys(packages ?? {}).map((path) => path.replace(/.*node_modules\//, ''));
    const others = names.filter((name) => name !== 'denseam' && !name.startsWith('@denseam/'));
    expect(others.length).toBeGreaterThan(5);
    const brought = [...others, 'OpenBLAS', 'LAPACK and LAPACKE', 'libstdc++', 'libgcc', 'node-addon-api'];

    const licenses = readFileSync(join(installed, 'THIRD-PARTY.md'), 'utf8');
    const titles = [...licenses.matchAll(/^### (.*)$/gm)].flatMap(([, title = '']) => title.split(', '));
    expect(titles.map((title) => title.replace(/ \d\S* \(.*\)$/, '')).sort()).toEqual(brought.sort());
    expect(licenses).not.toContain('Nothing that is installed here holds the text');
    expect(readFileSync(join(dirname(binary), 'THIRD-PARTY.md'), 'utf8')).toBe(licenses);

    const bill = readJson(join(installed, 'sbom.cdx.json')) as { components: { name: string }[] };
    const components = bill.components.map(({ name }) => name).filter((name) => !name.startsWith('@denseam/'));
    expect(components.sort()).toEqual(brought.sort());
  });

  it('asks nothing of its users', () => {
    expect(manifest).not.toHaveProperty('peerDependencies');
  });

  it('holds what its pages link to, but for pictures, which are described', () => {
    const pages = filesUnder(installed).filter((path) => path.endsWith('.md') && !path.endsWith('THIRD-PARTY.md'));
    expect(pages.length).toBeGreaterThan(5);
    const links = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/(!?)\[([^\]]*)\]\((?!https?:|#)([^)#\s]+)/g)].map(
        ([, picture, words, target = '']) => ({
          page,
          target,
          works: picture ? words : existsSync(resolve(page, '..', target)),
        }),
      ),
    );
    expect(links.filter(({ works }) => !works)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('brings its own linear algebra', () => {
    const libraries = execFileSync('ldd', [binary], { encoding: 'utf8' });
    expect(libraries).not.toMatch(/blas|lapack|gfortran|not found/);
  });

  it.each(Object.entries(programs))('works by %s where there is no compiler', (_, program) => {
    const { stdout, stderr } = run(program);
    expect({ stdout, stderr }).toEqual({ stdout: 'nearest 1\n', stderr: '' });
  });

  it('brings a command that finds the binary', () => {
    const memory = ['memory', 'create', 'nowhere.npz', 'x', '--kind', 'euclidean'];
    const { stderr } = run([join(installed, 'dist/cli/denseam.js'), ...memory]);
    expect(stderr).toMatch(/^Error: .*"nowhere.npz": no such file/);
  });

  it.each(formats)('works in a copy of the files that nft finds (%s)', async (format) => {
    const copy = await traceCopy(user, programFiles[format], join(user, `traced-${format}`));
    expect(existsSync(join(dirname(copy), 'node_modules', binaryPackage, 'denseam.node'))).toBe(true);
    expect(run([copy])).toMatchObject({ stdout: 'nearest 1\n', stderr: '' });
  });

  it.each(formats)('works in a bundle of esbuild, the binary beside it (%s)', async (format) => {
    const file = await bundle(user, programFiles[format], format, mkdtempSync(join(tmpdir(), 'denseam-bundle-')));
    expect(run([file])).toMatchObject({ stdout: 'nearest 1\n', stderr: '' });
    rmSync(dirname(file), { recursive: true });
  });
});

it('names one version in all packages of a release', () => {
  const args = ['scripts/release/check-version.js', '--packed', `v${version}`];
  expect(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })).toBe(`Version ${version}\n`);
});

/** The name that this Node has for it. */
const permission = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

describe('the error of a package whose binary does not load', () => {
  const program = `import('denseam').catch((error) => console.log(error.name, error.code, error.message))`;
  const message = (...options: string[]) => run([...options, '--input-type=module', '--eval', program]).stdout;
  const opening = `DenseamError ERR_NATIVE_LOAD The native part of denseam could not be loaded on ${process.platform}`;

  it.each([['--no-addons'], [permission, '--allow-fs-read=*']])(
    'names the option that allows addons: %s',
    (...options) => {
      expect(message(...options)).toContain(opening);
      expect(message(...options)).toContain('--allow-addons');
      expect(message(...options)).not.toContain('nstall');
    },
  );

  it('says that a bundler wants another loader where the binary has become a path', async () => {
    const target = mkdtempSync(join(tmpdir(), 'denseam-bundle-'));
    const file = await bundle(user, programFiles.cjs, 'cjs', target, 'file');
    expect(run([file]).stderr).toMatch(/could not be loaded .* a bundler put the path of the binary in its place/);
    rmSync(target, { recursive: true });
  });

  it.each(['@denseam', 'build/Release'])(
    'takes an error without a code, as Deno gives it, for no absence: %s',
    (where) => {
      const own = join(installed, 'build/Release');
      mkdirSync(own, { recursive: true });
      if (own.endsWith(where)) writeFileSync(join(own, 'denseam.node'), '');
      const fails = `
      const extensions = process.getBuiltinModule('node:module')._extensions;
      const load = extensions['.node'];
      extensions['.node'] = (module, file) => {
        if (file.includes(${JSON.stringify(where)})) throw new TypeError('file too short');
        load(module, file);
      };`;
      const { stdout } = run(['--input-type=module', '--eval', `${fails}${program}`]);
      rmSync(join(installed, 'build'), { recursive: true });
      expect(stdout).toContain(opening);
      expect(stdout).toContain(': file too short. ');
      expect(stdout).not.toContain('is not installed');
    },
  );

  // These damage the packages: they come last.
  it('does not pass over a binary that is no binary', () => {
    writeFileSync(binary, 'no library');
    const text = message();
    expect(text).toContain(opening);
    expect(text).toContain(binary);
  });

  it('does not load a binary of another version', () => {
    const path = join(dirname(binary), 'package.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(`"version": "${version}"`, '"version": "99.1.0"'));
    const text = message();
    expect(text).toContain(opening);
    expect(text).toContain(`${binaryPackage} beside it is version 99.1.0, but denseam is version ${version}. `);
    expect(text).toContain(`Run "npm install denseam@${version}"`);
  });

  it('names the package that is missing, and a command that brings it', async () => {
    rmSync(join(modules, '@denseam'), { recursive: true });
    const text = message();
    expect(text).toContain(opening);
    expect(text).toContain(`the package ${binaryPackage} is not installed. `);
    const command = /Run "npm ([^"]+)"/.exec(text)?.[1] as string;
    await release.npm(user, ...command.split(' '));
    expect(run(programs.import).stdout).toBe('nearest 1\n');
  });

  it.each([
    ["Object.defineProperty(process, 'platform', { value: 'freebsd' });", 'on freebsd-', `there are binaries for `],
    ['process.report.getReport = () => ({ header: {} });', 'there is no binary for musl', 'build denseam from a clone'],
  ])('says where there is no binary: %s', (preparation, ...words) => {
    rmSync(join(modules, '@denseam'), { recursive: true, force: true });
    const { stdout } = run(['--input-type=module', '--eval', `${preparation}${program}`]);
    for (const each of words) expect(stdout).toContain(each);
    expect(stdout).not.toContain('npm install');
  });

  // What the loaders of musl and of an older glibc say of it.
  it.each([
    [
      `Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by ${binary})`,
      'this system has musl',
    ],
    [`/lib/libm.so.6: version \`GLIBC_2.35' not found (required by ${binary})`, 'glibc is older'],
  ])('says what the system lacks: %s', (words, verdict) => {
    const addon = `exports.manifest = {}; exports.requireAddon = () => { throw new Error(${JSON.stringify(words)}); };`;
    writeFileSync(join(installed, 'dist/native/addon.cjs'), addon);
    const text = message();
    expect(text).toContain(opening);
    expect(text).toContain(verdict);
    expect(text).not.toContain('npm install');
  });
});
