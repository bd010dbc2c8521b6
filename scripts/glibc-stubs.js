// Writes stub libraries of an older glibc, for the linker alone: the names of this system's glibc, each at the newest
// version that the older one had. A program that is linked against them asks for nothing newer at run time; a name that
// the older glibc lacked stays undefined.
//
//   node scripts/glibc-stubs.js VERSION FOLDER COMPILER OBJDUMP     then link with FOLDER/glibc.ld

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const [floor = '', folder = '', compiler = '', objdump = ''] = process.argv.slice(2);
const run = (program, args) => execFileSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });

/** Orders versions: 2.2.5 comes before 2.28. */
function compare(a, b) {
  const [ours, theirs] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (ours[i] ?? 0) - (theirs[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The names that a library gives the linker: to each its versions, and whether it is a function. */
function definitions(library) {
  // objdump's columns: address, seven flags, section, size, version (in brackets if it is not the default one), name.
  const line = /^\S+ (.{7}) (\S+)\t\S+ +(\(?)GLIBC_([\d.]+)\)? +(\S+)$/;
  const names = new Map();
  for (const text of run(objdump, ['--dynamic-syms', library]).split('\n')) {
    const [, flags = '', section, bracket, version, name] = line.exec(text) ?? [];
    if (!version || section === '*UND*' || section === '*ABS*') continue;
    const { versions, hasDefault } = names.get(name) ?? { versions: [], hasDefault: false };
    const isFunction = /F|i/.test(flags);
    names.set(name, { versions: [...versions, version], hasDefault: hasDefault || !bracket, isFunction });
  }
  // Without a default version a name is there for old programs alone: pthread_atfork is linked statically, for example.
  return [...names].filter(([, { hasDefault }]) => hasDefault);
}

/** The library that held a name until glibc 2.34 moved it into libc, and gave it a newer version besides. */
function formerLibrary(name) {
  if (/^(__)?(pthread|sem)_/.test(name)) return 'libpthread.so.0';
  return /^dl/.test(name) ? 'libdl.so.2' : undefined;
}

/** What the older glibc had of a library: { name, version, isFunction, library }, where it was then. */
function namesAtFloor(path) {
  const library = basename(path);
  return definitions(path).flatMap(([name, { versions, isFunction }]) => {
    const old = versions.filter((version) => compare(version, floor) <= 0).sort(compare);
    const version = old.at(-1);
    const moved = library === 'libc.so.6' && old.length < versions.length;
    const home = moved ? formerLibrary(name) : library;
    return version && home ? [{ name, version, isFunction, library: home }] : [];
  });
}

/** Links a library that has these names and nothing behind them. */
function writeStub(library, names) {
  const source = join(folder, `${library}.s`);
  const map = join(folder, `${library}.map`);
  const symbols = names.map(
    ({ name, isFunction }) => `.globl ${name}\n.type ${name}, %${isFunction ? 'function' : 'object'}\n${name}:\n`,
  );
  const versions = [...new Set(names.map(({ version }) => version))].sort(compare).map((version) => {
    const members = names.filter((each) => each.version === version).map(({ name }) => `${name};`);
    return `GLIBC_${version} { global: ${members.join(' ')} };\n`;
  });
  writeFileSync(source, `.text\n${symbols.join('')}\t.byte 0\n.section .note.GNU-stack,"",%progbits\n`);
  writeFileSync(map, versions.join(''));
  const options = ['-shared', '-nostdlib', `-Wl,-soname,${library}`, `-Wl,--version-script,${map}`];
  run(compiler, [...options, '-x', 'assembler', source, '-o', join(folder, library)]);
}

const libraryPath = (name) => run(compiler, [`-print-file-name=${name}`]).trim();
const libc = libraryPath('libc.so.6');
const [, loader] = /NEEDED +(ld-linux\S+)/.exec(run(objdump, ['--private-headers', libc])) ?? [];
const names = [libc, libraryPath('libm.so.6'), libraryPath(loader)].flatMap(namesAtFloor);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const libraries = new Set(names.map(({ library }) => library));
for (const library of libraries) {
  writeStub(
    library,
    names.filter((each) => each.library === library),
  );
}
// One linker script names them all. What glibc links statically comes from this system: it is a few lines on top.
const stubs = [...libraries].map((library) => join(folder, library));
writeFileSync(join(folder, 'glibc.ld'), `GROUP(AS_NEEDED(${stubs.join(' ')}) ${libraryPath('libc_nonshared.a')})\n`);
