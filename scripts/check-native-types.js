// Compares what the addon exports with the interface `Native` of lib/native/addon.ts, which the compiler has to
// believe: every name is on both sides, functions are functions, and none takes more than its subjects (two at most)
// and one object of options. Needs a built addon.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = new URL('../', import.meta.url);
const declaration = fileURLToPath(new URL('lib/native/addon.ts', root));
const mostParameters = 3;

/** The members of the interface by name: their number of parameters, or the members of an object. */
function membersOf(type, checker) {
  return new Map(
    type.getProperties().map((member) => [member.name, shapeOf(checker.getTypeOfSymbol(member), checker)]),
  );
}

function shapeOf(type, checker) {
  const [signature] = type.getCallSignatures();
  return signature ? signature.getParameters().length : membersOf(type, checker);
}

function declared() {
  const { config } = ts.readConfigFile(fileURLToPath(new URL('tsconfig.json', root)), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [declaration] },
    ts.sys,
    fileURLToPath(root),
  );
  const program = ts.createProgram([declaration], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(declaration);
  const node = source.statements.find((each) => ts.isInterfaceDeclaration(each) && each.name.text === 'Native');
  return membersOf(checker.getTypeAtLocation(node), checker);
}

function differences(members, exported, prefix = '') {
  const found = [];
  for (const name of Object.keys(exported)) {
    if (!members.has(name)) found.push(`${prefix}${name} is exported but not declared`);
  }
  for (const [name, shape] of members) {
    const value = exported[name];
    if (value === undefined) found.push(`${prefix}${name} is declared but not exported`);
    else if (shape instanceof Map) found.push(...differences(shape, value, `${prefix}${name}.`));
    else if (typeof value !== 'function') found.push(`${prefix}${name} is no function`);
    else if (shape > mostParameters)
      found.push(`${prefix}${name} takes ${shape} parameters, more than ${mostParameters}`);
  }
  return found;
}

const members = declared();
const found = differences(members, createRequire(import.meta.url)('../build/Release/denseam.node'));
for (const difference of found) console.error(difference);
if (found.length > 0) process.exitCode = 1;
else console.log(`${members.size} exports of the addon are as lib/native declares them`);
