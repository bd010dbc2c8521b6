import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
/** The binary that the npm package for this platform holds; set-up made it. */
const binary = join(root, `prebuilds/${process.platform}-${process.arch}/denseam.node`);
const print = (program: string, ...args: string[]) => execFileSync(program, [...args, binary], { encoding: 'utf8' });

/** A dynamic symbol: what `objdump` prints of its flags, section, version and name. */
function dynamicSymbols() {
  const line = /^\S+ (.{7}) (\S+)\t\S+ +\(?([A-Za-z]\S*?)\)? +(\S+)$/;
  return print('objdump', '--dynamic-syms')
    .split('\n')
    .flatMap((text) => {
      const [, flags = '', section, version = '', name = ''] = line.exec(text) ?? [];
      return section ? [{ isDefined: section !== '*UND*', isWeak: flags[1] === 'w', version, name }] : [];
    });
}

/** Whether a version such as GLIBC_2.2.5 comes after this one. */
function isAfter(version: string, floor: readonly number[]): boolean {
  const parts = version.split('_')[1]?.split('.').map(Number) ?? [];
  const [first] = parts.map((part, i) => part - (floor[i] ?? 0)).filter((difference) => difference !== 0);
  return (first ?? 0) > 0;
}

/** Whether the binary is linked for glibc 2.28 here: CMakeLists.txt says why not with a glibc from 2.38 on. */
const { glibcVersionRuntime } = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header;
const hasFloor = Number(glibcVersionRuntime?.replace('2.', '')) < 38;

describe.runIf(process.platform === 'linux')('the prebuilt binary', () => {
  const symbols = dynamicSymbols();

  it('exports what Node looks up and nothing else', () => {
    const names = symbols.filter(({ isDefined }) => isDefined).map(({ name }) => name);
    expect(names.sort()).toEqual(['napi_register_module_v1', 'node_api_module_get_api_version_v1']);
  });

  it.runIf(hasFloor)('needs nothing newer than glibc 2.28 and the unwinder of GCC 8, as Node itself', () => {
    const needed = symbols.filter(({ isDefined, version }) => !isDefined && version !== 'Base');
    expect(needed.length).toBeGreaterThan(50);
    expect(needed.filter(({ version }) => !/^(GLIBC|GCC)_[\d.]+$/.test(version))).toEqual([]);
    expect(needed.filter(({ version }) => version.startsWith('GLIBC') && isAfter(version, [2, 28]))).toEqual([]);
    expect(needed.filter(({ version }) => version.startsWith('GCC') && isAfter(version, [7, 0, 0]))).toEqual([]);
  });

  // The linker lets a shared library lack what it calls: a name that glibc 2.28 had not would be found in none.
  it.runIf(hasFloor)('calls, without a version, only what Node gives', () => {
    const loose = symbols.filter(({ isDefined, isWeak, version }) => !isDefined && !isWeak && version === 'Base');
    expect(loose.length).toBeGreaterThan(20);
    expect(loose.filter(({ name }) => !name.startsWith('napi_'))).toEqual([]);
  });

  it('brings its own linear algebra and C++ library', () => {
    const libraries = [...print('objdump', '--private-headers').matchAll(/NEEDED +(\S+)/g)].map(([, name]) => name);
    const system = /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|libgcc_s\.so\.1|ld-linux\S*)$/;
    expect(libraries).toContain('libc.so.6');
    expect(libraries.filter((name) => !system.test(name as string))).toEqual([]);
  });

  it('is bound whole at load, then read-only; its stack is no code; it searches no folder of the build', () => {
    const headers = print('readelf', '--wide', '--dynamic', '--segments');
    expect(headers).toMatch(/GNU_RELRO/);
    expect(headers).toMatch(/FLAGS\).*BIND_NOW/);
    expect(headers).toMatch(/GNU_STACK +\S+ \S+ \S+ \S+ \S+ RW /);
    expect(headers).not.toMatch(/TEXTREL|RPATH|RUNPATH/);
  });

  // Of our own objects: the OpenBLAS in the binary does so in any case.
  it('checks its stack and the lengths that the compiler knows', () => {
    const folder = join(root, 'build/CMakeFiles/denseam-objects.dir');
    const objects = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.o'));
    const wanted = execFileSync('nm', ['--undefined-only', ...objects], { cwd: folder, encoding: 'utf8' });
    expect(wanted.match(/ __stack_chk_fail$/gm)?.length).toBeGreaterThan(objects.length / 2);
    expect(wanted).toMatch(/ __v?snprintf_chk$/m);
  });

  it.runIf(process.arch === 'x64')('marks where jumps may land, for processors that check it', () => {
    const code = print('objdump', '--disassemble=napi_register_module_v1', '--no-show-raw-insn');
    expect(code).toMatch(/napi_register_module_v1\S*>:\n\s+\w+:\s+endbr64/);
  });

  it('throws C++ exceptions into JavaScript', () => {
    const program = `
      const addon = require(${JSON.stringify(binary)});
      try { addon.setThreads(-1); } catch ({ code, message }) { console.log(code, message); }`;
    const options = ['--input-type=commonjs', '--eval', program];
    expect(execFileSync(process.execPath, options, { encoding: 'utf8' })).toMatch(/^ERR_RANGE Expected .* for count/);
  });
});
