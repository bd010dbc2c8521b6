import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
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
function compileFolder(from: string, to: string): void {
  const files = readdirSync(from, { recursive: true, encoding: 'utf8' });
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

/** Strips the types of lib/ into a temporary folder that borrows the native build and the dependencies. */
export function compilePackage(): CompiledPackage {
  const folder = mkdtempSync(join(tmpdir(), 'denseam-test-'));
  compileFolder(join(root, 'lib'), join(folder, 'lib'));
  for (const name of ['package.json', 'node_modules', 'build', 'prebuilds']) {
    if (existsSync(join(root, name))) symlinkSync(join(root, name), join(folder, name));
  }
  return {
    entry: pathToFileURL(join(folder, 'lib', 'index.js')).href,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
