// Runs clang-tidy (checks: .clang-tidy) on every source that the native build compiles, as many at a time as there are
// processors. Needs the build's compile_commands.json.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const build = join(root, 'build');
const oldest = 16; // 14, Debian 12's default, does not read C++20

function findTidy() {
  const names = ['clang-tidy', ...Array.from({ length: 10 }, (_, i) => `clang-tidy-${oldest + i}`)];
  const found = names.find((name) => {
    const { stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' });
    return Number(/version (\d+)/.exec(stdout ?? '')?.[1]) >= oldest;
  });
  if (!found) throw new Error(`clang-tidy ${oldest} or newer is not installed: node scripts/setup.js --dev`);
  return found;
}

function sources() {
  const database = join(build, 'compile_commands.json');
  if (!existsSync(database)) throw new Error('build/compile_commands.json is not there: npm run build:native');
  const files = JSON.parse(readFileSync(database, 'utf8')).map(({ file }) => relative(root, file));
  return [...new Set(files)].filter((file) => /^(bench\/)?native\//.test(file));
}

/** The build may have been configured for GCC, some of whose warnings clang does not know. */
const otherCompiler = ['--extra-arg=-Wno-unknown-warning-option'];

/** What clang-tidy says of a file, or undefined where it has nothing against it. */
function check(tidy, file) {
  return new Promise((resolve, reject) => {
    const child = spawn(tidy, ['-p', build, '--quiet', ...otherCompiler, file], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0 ? undefined : output || `${file}: ${tidy} ended with ${code}\n`));
  });
}

try {
  const tidy = findTidy();
  const files = sources();
  const waiting = [...files];
  const worker = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const faults = await check(tidy, file);
      if (faults === undefined) continue;
      process.stdout.write(faults);
      process.exitCode = 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (!process.exitCode) console.log(`${tidy}: ${files.length} files without a warning`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
