// The example in folders where other package managers than npm installed denseam, with the package that holds the binary.

import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Application, packedFolder } from './application.ts';
import { startRegistry } from './registry.ts';
import type { Case } from './table.ts';
import * as tools from './tools.ts';

const execute = promisify(execFile);

interface Manager {
  readonly name: string;
  /** Files that set it up. */
  readonly files: (registry: string) => Record<string, string>;
  readonly install: (registry: string) => readonly string[];
  /** Options of the Node that runs the program. */
  readonly options: (folder: string) => readonly string[];
}

const yarnSettings = (registry: string) => `npmRegistryServer: ${registry}
unsafeHttpWhitelist: ['127.0.0.1']
npmMinimalAgeGate: 0
enableGlobalCache: false
enableTelemetry: false
`;

const managers: readonly Manager[] = [
  {
    name: `pnpm ${tools.pnpmVersion}`,
    files: () => ({}),
    install: (registry) => [
      process.execPath,
      tools.pnpm,
      'add',
      'denseam',
      `--registry=${registry}`,
      '--store-dir=store',
    ],
    options: () => [],
  },
  {
    name: `Yarn ${tools.yarnVersion}, Plug'n'Play`,
    files: (registry) => ({ 'yarn.lock': '', '.yarnrc.yml': yarnSettings(registry) }),
    install: () => [process.execPath, tools.yarn, 'add', 'denseam'],
    options: (folder) => ['--require', join(folder, '.pnp.cjs')],
  },
  {
    name: `Bun ${tools.bunVersion}`,
    files: () => ({}),
    install: (registry) => [tools.bun, 'add', 'denseam', `--registry=${registry}`],
    options: () => [],
  },
];

/** Installs by each manager, from a registry of what was packed and of the clone's dependencies. */
export async function managerCases(application: Application, makeFolder: () => string): Promise<Case[]> {
  const packed = join(application.folder, packedFolder);
  const tarballs = readdirSync(packed).filter((name) => name.endsWith('.tgz'));
  const { address, server } = await startRegistry(
    join(tools.root, 'node_modules'),
    tarballs.map((name) => join(packed, name)),
  );
  const cases: Case[] = [];
  for (const { name, files, install, options } of managers) {
    const folder = makeFolder();
    const written = { 'package.json': '{"name":"application","private":true}', ...files(address) };
    for (const [file, text] of Object.entries(written)) writeFileSync(join(folder, file), text);
    copyFileSync(join(application.folder, 'example.cjs'), join(folder, 'example.cjs'));
    const [command, ...args] = install(address);
    await execute(command as string, args, { cwd: folder });
    cases.push({
      what: 'the example, installed by it, CommonJS',
      runtime: name,
      command: [process.execPath, ...options(folder), join(folder, 'example.cjs')],
      expected: application.output,
    });
  }
  server.close();
  return cases;
}
