// Before each test file, in the emulated worker. Tests start children by process.execPath, where the emulator shows the
// arm64 binary that it runs, which this machine cannot start by itself.
import { join } from 'node:path';

if (process.arch !== 'arm64') throw new Error(`Tests for arm64 ran on ${process.arch}.`);
const root = join(import.meta.dirname, '../..');
process.execPath = join(root, 'out/arm64/node');
// What compiles the package for children is this machine's program; esbuild would look for that of arm64.
Object.assign(process.env, { ESBUILD_BINARY_PATH: join(root, 'node_modules/@esbuild/linux-x64/bin/esbuild') });
