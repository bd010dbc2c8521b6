import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

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

/** Runs Node in the user's folder with nothing on the path: no compiler, no CMake, no node-gyp. */
function run(program: readonly string[]) {
  return spawnSync(process.execPath, program, { cwd: user, env: { PATH: '' }, encoding: 'utf8' });
}

beforeAll(() => {
  execFileSync('npm', ['run', '--silent', 'prebuild'], { cwd: root });
  execFileSync('npm', ['pack', '--silent', '--pack-destination', user], { cwd: root });
  const tarball = join(user, `${manifest.name}-${manifest.version}.tgz`);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(user, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
}, 300_000);

afterAll(() => rmSync(user, { recursive: true, force: true }));

describe('the package as npm delivers it', () => {
  it('holds the prebuilt binary and neither a build folder nor an install script', () => {
    expect(existsSync(join(installed, prebuilt))).toBe(true);
    expect(existsSync(join(installed, 'build'))).toBe(false);
    expect(Object.keys(manifest.scripts).filter((name) => /install$|^prepare$/.test(name))).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('brings its own linear algebra', () => {
    const libraries = execFileSync('ldd', [join(installed, prebuilt)], { encoding: 'utf8' });
    expect(libraries).not.toMatch(/blas|lapack|gfortran|not found/);
  });

  it.each(Object.entries(programs))('works by %s where there is no compiler', (_, program) => {
    const { stdout, stderr } = run(program);
    expect({ stdout, stderr }).toEqual({ stdout: 'nearest 1\n', stderr: '' });
  });

  it('names the platform and the way out when the binary is missing', () => {
    rmSync(join(installed, 'prebuilds'), { recursive: true });
    const program = `import('denseam').catch((error) => console.log(error.name, error.code, error.message))`;
    const { stdout } = run(['--input-type=module', '--eval', program]);
    expect(stdout).toContain(
      `DenseamError ERR_NATIVE_LOAD The native part of denseam could not be loaded on ${process.platform}`,
    );
    expect(stdout).toContain('reinstall the package');
  });
});
