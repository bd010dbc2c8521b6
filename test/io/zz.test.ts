import { test, expect } from 'vitest';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { writeSafetensors, openSafetensors } from '../../lib/io/safetensors.ts';
import { readNpz } from '../../lib/io/npz.ts';
import { readNpy } from '../../lib/io/npy.ts';
test('enospc', async () => {
  writeFileSync('/tmp/smallfs/a', 'old');
  await writeSafetensors('/tmp/smallfs/a', { tensors: [{name:'means',dtype:'F64',shape:[200000]}], chunks:[{tensor:'means',data:new Float64Array(200000)}]}).catch(e=>console.log(e.code, e.message));
  console.log(readdirSync('/tmp/smallfs'));
});
test('large', async () => {
  for (const f of ['/tmp/big_stored.npz']) {
    let t=performance.now(); const m = await readNpz(f); console.log(f, performance.now()-t, [...m].map(([k,v])=>[k,v.shape,v.data.length,v.data[0],v.data.at(-1)]));
  }
  let t=performance.now(); const a=await readNpy('/tmp/big.npy'); console.log(performance.now()-t, a.shape, a.data.at(-1));
  t=performance.now(); await writeSafetensors('/tmp/big.safetensors', { tensors: [{name:'x',dtype:'F64',shape:a.shape}], chunks:[{tensor:'x',data:a.data}]}); console.log('write', performance.now()-t);
  t=performance.now(); const f = await openSafetensors('/tmp/big.safetensors'); const b = await f.read('x'); await f.close(); console.log('read', performance.now()-t, b.length, b.at(-1), b[599_999_998]);
}, 600000);
