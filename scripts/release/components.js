// What is in the published packages and is not ours, and what npm installs beside them: names, versions, licences and
// their texts, from what is installed here.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { readManifest } from './platforms.js';

/** What a command prints; undefined if it is not there or fails. */
function printed(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

const gccException = 'GPL-3.0-or-later WITH GCC-exception-3.1';

/**
 * The libraries that a binary contains, by Debian's packages. Fortran's run-time library is not among them
 * (native/linalg/fortran_runtime.cc). LAPACK is compiled into OpenBLAS's archive.
 */
function debianLibraries() {
  const gcc = printed('g++', ['-dumpversion']);
  return [
    { name: 'OpenBLAS', debian: 'libopenblas-pthread-dev', license: 'BSD-3-Clause' },
    { name: 'LAPACK and LAPACKE', debian: 'liblapacke-dev', license: 'BSD-3-Clause' },
    { name: 'libstdc++', debian: `libstdc++-${gcc}-dev`, license: gccException },
    { name: 'libgcc', debian: `libgcc-${gcc}-dev`, license: gccException },
  ];
}

/** A library with its version and text; a system without Debian's packages does not tell them. */
function debianComponent({ name, debian, license }) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg fills it in
  const version = printed('dpkg-query', ['--show', '--showformat=${Version}', debian]);
  const file = `/usr/share/doc/${debian}/copyright`;
  const text = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const purl = version
    ? `pkg:deb/debian/${encodeURIComponent(debian)}@${version}`
    : `pkg:generic/${encodeURIComponent(name.toLowerCase())}`;
  return { name, version, license, text, purl };
}

/** The texts of an npm package's licence; undefined if it holds none. */
function licenseText(folder) {
  const files = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice)([-.].*)?$/i.test(name));
  if (files.length === 0) return undefined;
  return files
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
    .join('\n\n');
}

function npmComponent(folder) {
  const { name, version, license } = readManifest(folder);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return { name, version, license, text: licenseText(folder), purl };
}

/** The libraries in every binary: node-addon-api is compiled in, too. */
export function nativeComponents(root) {
  return [...debianLibraries().map(debianComponent), npmComponent(join(root, 'node_modules/node-addon-api'))];
}

/** The folders of the npm packages that a package of this repository depends on, and of what those depend on. */
export function dependencyFolders(root, workspace) {
  const which = workspace ? ['--workspace', workspace] : ['--workspaces=false'];
  const args = ['ls', '--omit=dev', '--all', '--parseable', ...which];
  const folders = execFileSync('npm', args, { cwd: root, encoding: 'utf8' }).split('\n');
  return [...new Set(folders.filter((path) => relative(root, path).split(sep).includes('node_modules')))].sort();
}

/** The packages that denseam depends on. */
export const libraryComponents = (root) => dependencyFolders(root).map(npmComponent);

/** Those that denseam-experiments depends on, or contains: the script of its reports is a bundle. */
export function experimentsComponents(root) {
  return [...dependencyFolders(root, 'experiments'), join(root, 'node_modules/vega-interpreter')].map(npmComponent);
}
