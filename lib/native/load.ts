import { DenseamError } from '../core/errors.ts';
import { requireAddon } from './addon.cjs';

/** Remedy for an addon that does not load. */
function remedy({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ERR_DLOPEN_DISABLED') {
    return 'Node runs with addons disabled: leave out --no-addons, and beside --permission give --allow-addons.';
  }
  // The words of glibc's loader, then those of musl's.
  if (/version `GLIBC_[\d.]+' not found/.test(message)) {
    return "The system's glibc is older than the prebuilt binary's: take a newer image, or build from a clone.";
  }
  if (/^Error (loading shared library|relocating)/.test(message)) {
    return 'The prebuilt binary needs glibc and this system has musl: take an image with glibc, or build from a clone.';
  }
  return (
    'From a clone, run "npm run build"; from npm, reinstall the package on this platform or report it as missing. ' +
    'For a bundle or a traced copy see docs/deploying.md.'
  );
}

function load(): unknown {
  const addon = requireAddon();
  if (addon === undefined) throw new Error('the package holds no binary for this platform');
  if (typeof addon === 'string') throw new Error('a bundler put the path of the binary in its place');
  return addon;
}

/** The addon's exports, or an error with the cause and the remedy. */
export function loadAddon(): unknown {
  try {
    return load();
  } catch (cause) {
    throw new DenseamError(
      'ERR_NATIVE_LOAD',
      `The native part of denseam could not be loaded on ${process.platform}-${process.arch} (Node ${process.version}): ` +
        `${(cause as Error).message.split('\n')[0]}. ${remedy(cause as NodeJS.ErrnoException)}`,
      { cause },
    );
  }
}
