import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where this bundle lies: out/bench/js, which every build clears. */
export const bundle = dirname(fileURLToPath(import.meta.url));

/** The package's root. */
export const root = join(bundle, '..', '..', '..');
