// The bill of materials of denseam, in CycloneDX: npm's own, and below it the packages with binaries and what these contain.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { dependencyFolders } from './components.js';
import { packageName } from './platforms.js';

/**
 * What `npm sbom` says of the published package. It runs on a lock file of that package alone: in the clone it ends with
 * "Maximum call stack size exceeded", because the workspace depends on the package around it.
 */
function npmBill(root, library) {
  const { packages, ...lock } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const paths = dependencyFolders(root).map((path) => relative(root, path));
  const { optionalDependencies, ...published } = library;
  const kept = Object.fromEntries([['', published], ...paths.map((path) => [path, packages[path]])]);
  const parent = mkdtempSync(join(tmpdir(), 'denseam-sbom-'));
  const folder = join(parent, library.name); // npm takes the folder's name for the package's
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(published));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ ...lock, packages: kept }));
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const bill = JSON.parse(execFileSync('npm', args, { cwd: folder, encoding: 'utf8' }));
  rmSync(parent, { recursive: true });
  return bill;
}

const licenses = (license) => (license.includes(' ') ? [{ expression: license }] : [{ license: { id: license } }]);

function component({ name, version, license, purl }) {
  return { 'bom-ref': purl, type: 'library', name, version, scope: 'required', purl, licenses: licenses(license) };
}

function platformComponent(platform, { version, license }) {
  const name = packageName(platform);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return { ...component({ name, version, license, purl }), scope: 'optional' };
}

/** The bill, as JSON. */
export function billOfMaterials(root, library, platforms, native) {
  const bill = npmBill(root, library);
  const binaries = platforms.map((platform) => platformComponent(platform, library));
  const contents = native.map(component);
  bill.components.push(...binaries, ...contents);
  const own = bill.metadata.component['bom-ref'];
  bill.dependencies.find(({ ref }) => ref === own).dependsOn.push(...binaries.map((binary) => binary['bom-ref']));
  const dependsOn = contents.map((content) => content['bom-ref']);
  bill.dependencies.push(...binaries.map((binary) => ({ ref: binary['bom-ref'], dependsOn })));
  bill.dependencies.push(...dependsOn.map((ref) => ({ ref, dependsOn: [] })));
  return `${JSON.stringify(bill, undefined, 1)}\n`;
}
