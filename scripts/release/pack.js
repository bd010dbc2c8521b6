// Step 3 of a release: the packages in npm/, and their tarballs in out/release/ or in the folder that is named. prebuilds/
// holds the binaries of all platforms by then. The published package.json of denseam differs from the clone's: it names
// the packages with binaries, which no registry has when a clone is set up.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { experimentsComponents, libraryComponents, nativeComponents } from './components.js';
import { builtPlatforms, packageName, readManifest, writePlatformPackage } from './platforms.js';
import { billOfMaterials } from './sbom.js';
import { thirdParty } from './third-party.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const target = resolve(process.argv[2] ?? join(root, 'out/release'));
const staged = (name) => join(root, 'npm', name);

/** Packs a folder as npm does; returns the tarball. */
function pack(folder, destination) {
  const args = ['pack', '--json', '--pack-destination', destination, folder];
  const [{ filename }] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }));
  return join(destination, filename);
}

/** The files that npm publishes of a folder, in npm/. */
function stage(folder, name) {
  const tarball = pack(folder, join(root, 'npm'));
  execFileSync('tar', ['-xzf', tarball, '-C', join(root, 'npm')]);
  rmSync(tarball);
  renameSync(staged('package'), staged(name));
}

/** What users read of package.json. */
function publishedManifest(platforms) {
  const { devDependencies, workspaces, scripts, ...library } = readManifest(root);
  const binaries = platforms.map((platform) => [packageName(platform), library.version]);
  return { ...library, files: [...library.files, 'sbom.cdx.json'], optionalDependencies: Object.fromEntries(binaries) };
}

function stageLibrary(library, licenses, bill) {
  stage(root, 'denseam');
  writeFileSync(join(staged('denseam'), 'package.json'), `${JSON.stringify(library, undefined, 2)}\n`);
  writeFileSync(join(staged('denseam'), 'THIRD-PARTY.md'), licenses);
  writeFileSync(join(staged('denseam'), 'sbom.cdx.json'), bill);
}

function stageExperiments() {
  stage(join(root, 'experiments'), 'denseam-experiments');
  const parts = [['npm packages', experimentsComponents(root)]];
  writeFileSync(join(staged('denseam-experiments'), 'THIRD-PARTY.md'), thirdParty('denseam-experiments', parts));
}

const platforms = builtPlatforms(root);
const native = nativeComponents(root);
const library = publishedManifest(platforms);
for (const { name } of native.filter(({ text }) => !text)) {
  console.error(`The licence of ${name} is not installed here: these packages are not for publishing.`);
}
const licenses = thirdParty('denseam', [
  ['Libraries in the binaries', native],
  ['npm packages that denseam depends on', libraryComponents(root)],
]);

rmSync(join(root, 'npm'), { recursive: true, force: true });
for (const folder of [join(root, 'npm'), target]) mkdirSync(folder, { recursive: true });
const bill = billOfMaterials(root, library, platforms, native);
stageLibrary(library, licenses, bill);
stageExperiments();
for (const platform of platforms) writePlatformPackage(root, staged(platform), platform, library, licenses);
for (const name of [...platforms, 'denseam', 'denseam-experiments']) console.log(pack(staged(name), target));
cpSync(join(staged('denseam'), 'sbom.cdx.json'), join(target, 'sbom.cdx.json'));
