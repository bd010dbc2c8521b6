import { DenseamError } from '../core/errors.ts';
import { manifest, requireAddon } from './addon.cjs';

const platform = `${process.platform}-${process.arch}`;

/** A cause that was found here, with its remedy. */
interface Absence {
  readonly cause: string;
  readonly remedy: string;
}

const build = 'build denseam from a clone (docs/deploying.md has the commands)';

/** Whether this Linux has musl in the place of glibc. */
function hasMusl(): boolean {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return process.platform === 'linux' && report?.header !== undefined && !report.header.glibcVersionRuntime;
}

/** Why there is no binary at all. */
function absence(): Absence {
  const { version, optionalDependencies } = manifest;
  if (optionalDependencies === undefined) {
    return { cause: 'this clone of denseam was not built', remedy: 'Run "npm run build" in it.' };
  }
  if (hasMusl()) {
    return { cause: 'there is no binary for musl', remedy: `Take an image with glibc, or ${build}.` };
  }
  const name = `@denseam/${platform}`;
  if (name in optionalDependencies) {
    return {
      cause: `the package ${name} is not installed`,
      remedy:
        'Package managers skip it where optional dependencies are omitted, and where node_modules or the lock file ' +
        `was made on another platform. Run "npm install --no-save ${name}@${version}"; docs/deploying.md says what lasts.`,
    };
  }
  const others = Object.keys(optionalDependencies).map((other) => other.replace('@denseam/', ''));
  return { cause: `there are binaries for ${others.join(', ')} only`, remedy: `On this platform ${build}.` };
}

/** Remedy for an addon that is there and does not load. */
function remedy({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ERR_DLOPEN_DISABLED') {
    return 'Node runs with addons disabled: leave out --no-addons, and beside --permission give --allow-addons.';
  }
  if (code === 'ERR_OTHER_VERSION') {
    return `Run "npm install denseam@${manifest.version}": it installs both at one version.`;
  }
  // The words of glibc's loader, then those of musl's.
  if (/version `GLIBC_[\d.]+' not found/.test(message)) {
    return `The system's glibc is older than the binary needs: take a newer image, or ${build}.`;
  }
  if (/^Error (loading shared library|relocating)/.test(message)) {
    return `The binary needs glibc and this system has musl: take an image with glibc, or ${build}.`;
  }
  return 'Install denseam again on this platform. For a bundle or a traced copy see docs/deploying.md.';
}

function failure(cause: unknown, { cause: words, remedy }: Absence): DenseamError {
  return new DenseamError(
    'ERR_NATIVE_LOAD',
    `The native part of denseam could not be loaded on ${platform} (Node ${process.version}): ${words}. ${remedy}`,
    { cause },
  );
}

/** The addon's exports, or an error with the cause and the remedy. */
export function loadAddon(): unknown {
  let addon: unknown;
  try {
    addon = requireAddon();
  } catch (cause) {
    const words = (cause as Error).message.split('\n')[0] as string;
    throw failure(cause, { cause: words, remedy: remedy(cause as NodeJS.ErrnoException) });
  }
  if (addon === undefined) throw failure(undefined, absence());
  if (typeof addon === 'string') {
    const cause = 'a bundler put the path of the binary in its place';
    throw failure(undefined, { cause, remedy: 'Its loader must copy the binary: see docs/deploying.md.' });
  }
  return addon;
}
