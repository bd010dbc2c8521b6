import type { FloatArray } from '../../lib/core/types.ts';
import { openSafetensors, type TensorInfo, writeSafetensors } from '../../lib/io/safetensors/safetensors.ts';

/** What a forger finds in a file, and leaves there. */
export interface Contents {
  metadata: Record<string, string>;
  tensors: Map<string, Pick<TensorInfo, 'dtype' | 'shape'> & { data: FloatArray }>;
}

export async function contentsOf(path: string): Promise<Contents> {
  const file = await openSafetensors(path);
  try {
    const tensors: Contents['tensors'] = new Map();
    for (const [name, { dtype, shape }] of file.tensors)
      tensors.set(name, { dtype, shape, data: await file.read(name) });
    return { metadata: { ...file.metadata }, tensors };
  } finally {
    await file.close();
  }
}

/** Changes a file of denseam, and makes its checksums right again. */
export async function forge(from: string, to: string, change: (contents: Contents) => void): Promise<void> {
  const contents = await contentsOf(from);
  change(contents);
  const tensors = [...contents.tensors];
  await writeSafetensors(to, {
    tensors: tensors.map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    metadata: contents.metadata,
    chunks: tensors.map(([tensor, { data }]) => ({ tensor, data })),
  });
}
