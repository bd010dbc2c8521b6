// Before each test file, in the emulated worker. Tests start children by process.execPath, where the emulator shows the
// arm64 binary that it runs, which this machine cannot start by itself.
import { join } from 'node:path';

if (process.arch !== 'arm64') throw new Error(`Tests for arm64 ran on ${process.arch}.`);
process.execPath = join(import.meta.dirname, '../../out/arm64/node');
