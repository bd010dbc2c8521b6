// Fails when a source is longer than a reader can hold in mind: its lines, a function of it in TypeScript (clang-tidy
// does that for C++), or a line of a comment. A file that is a table of data belongs on the list of exceptions. Every
// line from a function's first to its last counts; biome's rule leaves out lines of brackets and of texts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const most = { file: 400, function: 40, line: 120 };
const tablesOfData = new Set([]);

const isSource = (path) => /\.(ts|cts|js|cjs|cc|h)$/.test(path) && !/(^|\/)(dist|node_modules)\//.test(path);

/** Names and lengths of the functions of a file, those within others included. */
function functionsOf(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lineAt = (position) => source.getLineAndCharacterOfPosition(position).line + 1;
  const found = [];
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body) {
      const first = lineAt(node.getStart(source));
      found.push({ first, lines: lineAt(node.end) - first + 1 });
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

function faultsOf(path) {
  const text = readFileSync(join(root, path), 'utf8');
  const lines = text.replace(/\n$/, '').split('\n');
  const functions = /\.(cc|h)$/.test(path) ? [] : functionsOf(path, text);
  return [
    ...(lines.length > most.file && !tablesOfData.has(path)
      ? [`${path}: ${lines.length} lines, at most ${most.file} are allowed`]
      : []),
    ...functions
      .filter((each) => each.lines > most.function)
      .map((each) => `${path}:${each.first}: a function of ${each.lines} lines, at most ${most.function} are allowed`),
    ...lines.flatMap((line, at) =>
      /^\s*(\/\/|\/?\*)/.test(line) && line.length > most.line
        ? [`${path}:${at + 1}: a comment of ${line.length} characters, at most ${most.line} are allowed`]
        : [],
    ),
  ];
}

const faults = ['lib', 'native', 'experiments']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)))
  .filter(isSource)
  .flatMap(faultsOf);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
