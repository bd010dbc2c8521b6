import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The package as child processes and worker threads can import it: Node 20 does not read TypeScript. */
export interface CompiledPackage {
  /** file: URL of the public API. */
  readonly entry: string;
  remove(): void;
}

const relativeImport = /((?:from|import)\s*\(?\s*"\.[^"]*)\.ts"/g;

/** Strips the types of a folder's files, one by one. */
function compileFolder(from: string, to: string, without: readonly string[] = []): void {
  const isWanted = (name: string) => !without.some((folder) => name === folder || name.startsWith(`${folder}${sep}`));
  const files = readdirSync(from, { recursive: true, encoding: 'utf8' }).filter(isWanted);
  const { outputFiles } = buildSync({
    absWorkingDir: from,
    entryPoints: files.filter((name) => /(?<!\.d)\.ts$/.test(name)),
    outbase: from,
    outdir: to,
    format: 'esm',
    platform: 'node',
    target: 'esnext',
    write: false,
  });
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll(relativeImport, '$1.js"'));
  }
  for (const name of files.filter((name) => name.endsWith('.cjs'))) cpSync(join(from, name), join(to, name));
}

/** A package.json whose entries are the compiled sources in `folder`, where a user's are in dist/. */
function manifest(path: string, folder: string): string {
  return readFileSync(path, 'utf8').replaceAll('./dist/', folder);
}

/** The installed packages, with these two among them. */
function linkPackages(folder: string): void {
  const [from, to] = [join(root, 'node_modules'), join(folder, 'node_modules')];
  mkdirSync(to);
  for (const name of readdirSync(from)) symlinkSync(join(from, name), join(to, name));
  for (const [name, place] of Object.entries({ denseam: folder, 'denseam-experiments': join(folder, 'experiments') })) {
    rmSync(join(to, name));
    symlinkSync(place, join(to, name));
  }
}

/**
 * Strips the types of lib/ and experiments/ into a temporary folder that borrows the native build and the dependencies.
 */
export function compilePackage(): CompiledPackage {
  const folder = mkdtempSync(join(tmpdir(), 'denseam-test-'));
  const experiments = join(folder, 'experiments');
  compileFolder(join(root, 'lib'), join(folder, 'lib'));
  compileFolder(join(root, 'experiments'), experiments, ['dist', 'node_modules']);
  cpSync(join(root, 'experiments', 'dist', 'live.js'), join(experiments, 'live.js'));
  writeFileSync(join(folder, 'package.json'), manifest(join(root, 'package.json'), './lib/'));
  writeFileSync(join(experiments, 'package.json'), manifest(join(root, 'experiments', 'package.json'), './'));
  linkPackages(folder);
  symlinkSync(join(root, 'build'), join(folder, 'build'));
  return {
    entry: pathToFileURL(join(folder, 'lib', 'index.js')).href,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
