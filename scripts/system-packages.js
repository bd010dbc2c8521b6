import { spawnSync } from 'node:child_process';

/** What a command prints, or undefined when it is not there. A query may fail and still print what it knows. */
function output(command, args) {
  const result = spawnSync(command, args, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });
  return result.error ? undefined : result.stdout;
}

const lines = (command, args) => (output(command, args) ?? '').split('\n');

/** What dpkg knows of these packages, a line each: status, name, version. */
function dpkg(names) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg fills these in
  const format = '${db:Status-Status} ${Package} ${Version}\n';
  return lines('dpkg-query', ['--show', `--showformat=${format}`, ...names]).filter((line) =>
    line.startsWith('installed '),
  );
}

// Each system: what the build needs, what only `npm test` needs (a browser to look at reports; on macOS browsers are no
// packages, and the tests use one that is there), what only `npm run lint` needs, the peers that only `npm run bench`
// runs beside, what is there, how a person installs the rest. POT is named for Debian alone: elsewhere pip installs it.
// Debian alone has what the cross build for arm64 and its tests need, and what makes a root of an older Debian.
const debian = {
  build: ['g++', 'make', 'cmake', 'libopenblas-pthread-dev', 'liblapacke-dev', 'dataset-fashion-mnist'],
  test: ['chromium'],
  lint: ['clang-format', 'clang-tidy-16'],
  peers: ['python3-numpy', 'python3-scipy', 'python3-torch', 'python3-pot', 'python3-faiss'],
  arm64: ['g++-aarch64-linux-gnu', 'qemu-user-static'],
  glibc: ['debootstrap'],
  accuracy: ['python3-mpmath', 'python3-numpy', 'python3-pot'],
  installed: (names) => dpkg(names).map((line) => line.split(' ')[1]),
  install: (names) => `apt-get install -y --no-install-recommends ${names.join(' ')}`,
};

const fedora = {
  build: ['gcc-c++', 'libstdc++-static', 'make', 'cmake', 'openblas-devel', 'openblas-static', 'lapack-devel'],
  test: ['chromium'],
  lint: ['clang-tools-extra'],
  peers: ['python3-numpy', 'python3-scipy', 'python3-torch'],
  installed: (names) => lines('rpm', ['--query', '--queryformat', '%{NAME}\n', ...names]),
  install: (names) => `sudo dnf install ${names.join(' ')}`,
};

const homebrew = {
  build: ['cmake', 'openblas', 'gcc'],
  test: [],
  lint: ['clang-format'],
  peers: ['numpy', 'scipy', 'pytorch'],
  installed: () => lines('brew', ['list', '--formula', '-1']),
  install: (names) => `brew install ${names.join(' ')}`,
};

/** A system with no entry here: see whether the tools are there, and leave the libraries to CMake's own message. */
const other = {
  build: ['c++', 'make', 'cmake'],
  test: [],
  lint: ['clang-format'],
  peers: ['python3'],
  installed: (names) => names.filter((name) => output(name, ['--version']) !== undefined),
  install: () => 'a C++20 compiler, make, CMake, OpenBLAS (the pthread build) and LAPACKE, with their headers',
};

function currentSystem() {
  if (process.platform === 'darwin') return homebrew;
  if (output('dpkg-query', ['--version'])) return debian;
  if (output('rpm', ['--version'])) return fedora;
  return other;
}

const missingOn = (system, extras) => {
  const unknown = extras.filter((use) => !system[use]);
  if (unknown.length > 0) throw new Error(`this works on Debian and its relatives alone: ${unknown.join(', ')}`);
  const wanted = ['build', ...extras].flatMap((use) => system[use]);
  const installed = new Set(system.installed(wanted));
  return wanted.filter((name) => !installed.has(name));
};

/**
 * The words before an apt-get command that may install: none for root, sudo when it asks nothing, undefined otherwise.
 */
function privilege() {
  if (process.getuid?.() === 0) return [];
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
  return sudo.status === 0 ? ['sudo', '-n'] : undefined;
}

/**
 * Installs the missing system packages where that needs no answer from a person; else says what to type and throws.
 * `extras`: what is wanted beside the build: `test`, `lint`, `peers`, `arm64`, `glibc`, `accuracy`.
 */
export function ensureSystemPackages(extras, run) {
  const system = currentSystem();
  const missing = missingOn(system, extras);
  if (missing.length === 0) return;

  const prefix = system === debian ? privilege() : undefined;
  if (!prefix) {
    const command =
      system === debian ? `sudo apt-get update && sudo ${system.install(missing)}` : system.install(missing);
    throw new Error(`these are missing: ${missing.join(', ')}. Install them, then run this again:\n\n    ${command}\n`);
  }
  const apt = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive'];
  try {
    run('apt-get update', [...apt, 'apt-get', 'update']);
  } catch {
    // One broken third-party source is enough to fail here and need not matter: the installation tells.
  }
  run(`apt-get install ${missing.join(' ')}`, [...apt, ...system.install(missing).split(' ')]);
}
