import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { compilePackage } from '../support/compiledPackage.ts';

export const root = resolve(import.meta.dirname, '../..');

/** A fenced block of a Markdown file. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** Line of the file on which the text begins, from 1. */
  readonly line: number;
}

/** What a document says that a program does. */
export interface Example {
  readonly program: Block;
  /** The `text` block right below the program, if there is one: what the program prints. */
  readonly output: string | undefined;
}

export function readDocument(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function blocks(markdown: string): Block[] {
  const found: Block[] = [];
  for (const match of markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)) {
    const line = markdown.slice(0, match.index).split('\n').length + 1;
    found.push({ language: match[1] as string, text: match[2] as string, line });
  }
  return found;
}

const programLanguages = ['js', 'ts'];

/** The programs of a document, in order; by default the JavaScript and TypeScript. */
export function examples(markdown: string, languages: readonly string[] = programLanguages): Example[] {
  const all = blocks(markdown);
  return all.flatMap((program, i) => {
    if (!languages.includes(program.language)) return [];
    const next = all[i + 1];
    const between = next ? linesBetween(markdown, program, next) : '';
    const isOutput = next?.language === 'text' && between.trim() === '';
    return [{ program, output: isOutput ? next.text : undefined }];
  });
}

function linesBetween(markdown: string, first: Block, second: Block): string {
  const end = first.line + first.text.split('\n').length; // the line after the closing fence
  return markdown
    .split('\n')
    .slice(end - 1, second.line - 2)
    .join('\n');
}

const language: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };

const separator = '\u241e next example';

/** Runs the examples as one ES module, in order, on the package's sources, and returns what each printed. */
export function runExamples(all: readonly Example[], folder: string): string[] {
  const compiled = compilePackage();
  try {
    const source = all.map(({ program }) => program.text).join(`\nconsole.log(${JSON.stringify(separator)});\n`);
    const { outputText } = ts.transpileModule(source, { compilerOptions: { ...language, verbatimModuleSyntax: true } });
    const file = join(folder, 'example.mjs');
    writeFileSync(file, outputText.replaceAll(" from 'denseam'", ` from ${JSON.stringify(compiled.entry)}`));
    const output = execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
    return output.split(`${separator}\n`);
  } finally {
    compiled.remove();
  }
}

/** What the compiler says of the examples against the package's own types: an option that does not exist, for one. */
export function typeErrors(all: readonly Example[], folder: string): string[] {
  const file = join(folder, 'example.mts');
  writeFileSync(file, all.map(({ program }) => program.text).join('\n'));
  const program = ts.createProgram([file], {
    ...language,
    lib: ['lib.es2023.d.ts'],
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    paths: { denseam: [join(root, 'lib/index.ts')], 'denseam/*': [join(root, 'lib/*/index.ts')] },
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
    strict: true,
    noImplicitAny: false,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    noEmit: true,
  });
  const source = program.getSourceFile(file);
  return ts
    .getPreEmitDiagnostics(program, source)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** A folder for one test file's programs; `remove` it when done. */
export function makeFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'denseam-docs-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
