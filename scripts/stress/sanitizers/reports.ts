// What sanitizers write into their files: errors, leaks, races.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Report {
  /** The sanitizer's own word: "heap-buffer-overflow", "signed integer overflow", "Direct leak", "data race". */
  readonly kind: string;
  /** The innermost function of ours. */
  readonly where: string;
  readonly file: string;
}

const beginnings = [
  /^==\d+==ERROR: AddressSanitizer:? ([\w-]+)/,
  /^\S+: runtime error: ([^:,]*)/,
  /^(Direct leak|Indirect leak) of /,
  /^(?:WARNING|FATAL): ThreadSanitizer: ([^(\n]*?) *(?:\(|$)/,
  /^==\d+==ERROR: ThreadSanitizer: (\w+)/,
];

const isStack = /^ +#\d+ /;

/** The reports in the files of a folder: those that concern the binaries of a build, and how many others there are. */
export function readReports(folder: string, build: string): { reports: readonly Report[]; foreign: number } {
  const files = readdirSync(folder).map((name) => join(folder, name));
  const all = files.flatMap((file) => [...reportsIn(readFileSync(file, 'utf8'), file, build)]);
  const reports = all.filter((report) => report !== undefined);
  return { reports, foreign: all.length - reports.length };
}

/** Every report of a text; undefined stands for one that is not ours. */
function* reportsIn(text: string, file: string, build: string): Generator<Report | undefined> {
  let kind: string | undefined;
  let stacks: string[] = [];
  const finished = () => (kind === undefined ? [] : [reportOf(kind, stacks, file, build)]);
  for (const line of text.split('\n')) {
    const begun = kindIn(line);
    if (begun !== undefined) {
      yield* finished();
      kind = begun;
      stacks = [];
    } else if (isStack.test(line)) stacks.push(line);
  }
  yield* finished();
}

function kindIn(line: string): string | undefined {
  for (const beginning of beginnings) {
    const found = beginning.exec(line);
    if (found) return found[1];
  }
  return undefined;
}

function reportOf(kind: string, stacks: readonly string[], file: string, build: string): Report | undefined {
  const ours = concerned(kind, stacks).find((line) => line?.includes(`(${build}/`));
  if (ours === undefined) return undefined;
  return { kind, where: ours.replace(/^ +#\d+ \S+ in /, '').replace(/ \(\S+\)$/, ''), file };
}

/** The frames whose code a report is about. */
function concerned(kind: string, stacks: readonly string[]): readonly (string | undefined)[] {
  // Node keeps some memory for every handle and promise that we ask it for.
  if (kind.endsWith('leak')) return [callingFrame(stacks)];
  // V8 works for us on threads of its own, with synchronisation that the sanitizer does not see.
  if (kind === 'data race') return accessesOf(stacks).map(callingFrame);
  return stacks;
}

/** The two stacks that a race begins with; those of allocations and of threads follow. */
function accessesOf(stacks: readonly string[]): string[][] {
  const found: string[][] = [];
  for (const line of stacks) {
    if (/^ +#0 /.test(line)) found.push([]);
    found.at(-1)?.push(line);
  }
  return found.slice(0, 2);
}

/** The innermost frame outside the libraries that everybody calls. */
function callingFrame(stack: readonly string[]): string | undefined {
  return stack.find((line) => !/\/lib(asan|tsan|stdc\+\+|c|m)\.so[^/]*\)$/.test(line));
}
