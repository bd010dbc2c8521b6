// Required first in every process and worker thread (NODE_OPTIONS): where the clone's addon would be loaded, loads the
// instrumented one instead, and counts that in a file. The shipped loader knows nothing of it.

const { appendFileSync } = require('node:fs');

const { DENSEAM_INSTRUMENTED: binary, DENSEAM_LOADS: loads } = process.env;
const { dlopen } = process;

process.dlopen = (module, path, ...flags) => {
  if (!path.endsWith('/build/Release/denseam.node')) return dlopen(module, path, ...flags);
  appendFileSync(loads, `${process.pid} ${process.argv[1]}\n`);
  return dlopen(module, binary, ...flags);
};
