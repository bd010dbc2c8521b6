import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The package as child processes and worker threads can import it: Node 20 does not read TypeScript. */
export interface CompiledPackage {
  /** file: URL of the public API. */
  readonly entry: string;
  remove(): void;
}

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

function compileFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    if (entry.isDirectory()) compileFolder(source, join(to, entry.name));
    else if (entry.name.endsWith('.ts')) {
      const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), { compilerOptions, fileName: source });
      writeFileSync(join(to, entry.name.replace(/\.ts$/, '.js')), outputText);
    } else if (entry.name.endsWith('.cjs')) cpSync(source, join(to, entry.name));
  }
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
