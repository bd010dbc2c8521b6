import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { bundle, traceCopy } from '../../scripts/runtimes/bundles.ts';
import { startRegistry } from './registry.ts';

const execute = promisify(execFile);

const root = resolve(import.meta.dirname, '../..');
const user = mkdtempSync(join(tmpdir(), 'denseam-package-'));
const installed = join(user, 'node_modules', 'denseam');
const prebuilt = join('prebuilds', `${process.platform}-${process.arch}`, 'denseam.node');

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

/** Runs Node in the user's folder with nothing on the path: no compiler, no CMake, no node-gyp. */
function run(program: readonly string[]) {
  return spawnSync(process.execPath, program, { cwd: user, env: { PATH: '' }, encoding: 'utf8' });
}

beforeAll(async () => {
  execFileSync('npm', ['run', '--silent', 'prebuild'], { cwd: root });
  execFileSync('npm', ['pack', '--silent', '--pack-destination', user], { cwd: root });
  const tarball = join(user, `${manifest.name}-${manifest.version}.tgz`);
  const { address, server } = await startRegistry(join(root, 'node_modules'));
  const options = [
    '--registry',
    address,
    '--cache',
    join(user, 'cache'),
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
  ];
  await execute('npm', ['install', '--silent', ...options, tarball], { cwd: user });
  server.close();
  writeFileSync(join(user, programFiles.esm), programs.import.at(-1) as string);
  writeFileSync(join(user, programFiles.cjs), programs.require.at(-1) as string);
}, 300_000);

afterAll(() => rmSync(user, { recursive: true, force: true }));

describe('the package as npm delivers it', () => {
  it('holds the prebuilt binary and neither a build folder nor an install script', () => {
    expect(existsSync(join(installed, prebuilt))).toBe(true);
    expect(existsSync(join(installed, 'build'))).toBe(false);
    expect(Object.keys(manifest.scripts).filter((name) => /install$|^prepare$/.test(name))).toEqual([]);
  });

  it('is 15 packages at most, of 3 MB at most beside the binary', () => {
    const { packages } = JSON.parse(readFileSync(join(user, 'node_modules/.package-lock.json'), 'utf8'));
    expect(Object.keys(packages).length).toBeLessThanOrEqual(15);
    const files = filesUnder(join(user, 'node_modules')).filter((path) => !path.endsWith('.node'));
    expect(files.reduce((bytes, path) => bytes + statSync(path).size, 0)).toBeLessThanOrEqual(3e6);
  });

  it('asks nothing of its users', () => {
    expect(manifest).not.toHaveProperty('peerDependencies');
  });

  it('holds what its pages link to, but for pictures, which are described', () => {
    const pages = filesUnder(installed).filter((path) => path.endsWith('.md'));
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
    const libraries = execFileSync('ldd', [join(installed, prebuilt)], { encoding: 'utf8' });
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
    expect(existsSync(join(dirname(copy), 'node_modules/denseam', prebuilt))).toBe(true);
    expect(run([copy])).toMatchObject({ stdout: 'nearest 1\n', stderr: '' });
  });

  it.each(formats)('works in a bundle of esbuild, the binary beside it (%s)', async (format) => {
    const file = await bundle(user, programFiles[format], format, mkdtempSync(join(tmpdir(), 'denseam-bundle-')));
    expect(run([file])).toMatchObject({ stdout: 'nearest 1\n', stderr: '' });
    rmSync(dirname(file), { recursive: true });
  });
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
      expect(message(...options)).not.toContain('reinstall');
    },
  );

  it('says that a bundler wants another loader where the binary has become a path', async () => {
    const target = mkdtempSync(join(tmpdir(), 'denseam-bundle-'));
    const file = await bundle(user, programFiles.cjs, 'cjs', target, 'file');
    expect(run([file]).stderr).toMatch(/could not be loaded .* a bundler put the path of the binary in its place/);
    rmSync(target, { recursive: true });
  });

  // These damage the package: they come last.
  it('does not pass over a binary that is no binary', () => {
    writeFileSync(join(installed, prebuilt), 'no library');
    const text = message();
    expect(text).toContain(opening);
    expect(text).toContain(prebuilt);
  });

  it('names the platform and the way out when the binary is missing', () => {
    rmSync(join(installed, 'prebuilds'), { recursive: true });
    const text = message();
    expect(text).toContain(opening);
    expect(text).toContain('holds no binary for this platform');
    expect(text).toContain('reinstall the package');
  });

  // What the loaders of musl and of an older glibc say of it.
  it.each([
    [
      `Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by ${prebuilt})`,
      'has musl',
    ],
    [`/lib/libm.so.6: version \`GLIBC_2.35' not found (required by ${prebuilt})`, 'glibc is older'],
  ])('says what the system lacks: %s', (words, verdict) => {
    const addon = `exports.requireAddon = () => { throw new Error(${JSON.stringify(words)}); };`;
    writeFileSync(join(installed, 'dist/native/addon.cjs'), addon);
    const text = message();
    expect(text).toContain(opening);
    expect(text).toContain(verdict);
    expect(text).not.toContain('reinstall');
  });
});
