import { createRequire } from 'node:module';
import type * as TensorFlow from '@tensorflow/tfjs-core';

export type { TensorFlow };

const load = createRequire(import.meta.url);

let loaded: Promise<typeof TensorFlow> | undefined;

/** TensorFlow.js on its WebAssembly backend, in one thread so that sums have one order. */
export function loadTensorFlow(): Promise<typeof TensorFlow> {
  loaded ??= start();
  return loaded;
}

async function start(): Promise<typeof TensorFlow> {
  const [tensorFlow, backend] = ofItsOwn(() => [
    load('@tensorflow/tfjs-core') as typeof TensorFlow,
    load('@tensorflow/tfjs-backend-wasm') as { setThreadsCount(count: number): void },
  ]);
  backend.setThreadsCount(1);
  await tensorFlow.setBackend('wasm');
  await tensorFlow.ready();
  return tensorFlow;
}

/**
 * Loads a copy of TensorFlow.js that shares no registry with others: the sentence encoder brings an older one, whose
 * kernels do not fit. While it loads, a copy chooses the object to keep its registry on: a `window` before Node's
 * global object.
 */
function ofItsOwn<T>(load: () => T): T {
  const shared = globalThis as { window?: unknown };
  const hadWindow = 'window' in shared;
  const { window } = shared;
  shared.window = {};
  try {
    return load();
  } finally {
    if (hadWindow) shared.window = window;
    else delete shared.window;
  }
}
