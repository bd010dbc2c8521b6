import type * as TensorFlow from '@tensorflow/tfjs-core';
import { installed, notInstalled } from '../core/optionalPackages.ts';

export type { TensorFlow };

const corePackage = '@tensorflow/tfjs-core';
const backendPackage = '@tensorflow/tfjs-backend-wasm';

let loaded: Promise<typeof TensorFlow> | undefined;

/**
 * TensorFlow.js on its WebAssembly backend, in one thread so that sums have one order.
 *
 * @throws DenseamError ERR_NOT_INSTALLED.
 */
export function loadTensorFlow(): Promise<typeof TensorFlow> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<typeof TensorFlow> {
  try {
    const [tensorFlow, backend] = ofItsOwn(() => [
      installed(corePackage) as typeof TensorFlow,
      installed(backendPackage) as { setThreadsCount(count: number): void },
    ]);
    backend.setThreadsCount(1);
    await tensorFlow.setBackend('wasm');
    await tensorFlow.ready();
    return tensorFlow;
  } catch (cause) {
    loaded = undefined;
    throw notInstalled(`${corePackage} ${backendPackage}`, 'training the autoencoder', cause);
  }
}

/**
 * Loads a copy of TensorFlow.js that shares no registry with others: the sentence encoder brings an older one, whose kernels do not fit.
 * While it loads, a copy chooses the object to keep its registry on: a `window` before Node's global object.
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
