import { PointCloudMemory } from '../lib/index.ts';
import { defaultRecoverySettings } from '../lib/experiments/recoverySettings.ts';
import { runRecovery } from '../lib/experiments/recovery.ts';
let seed = 5; const rnd = () => { seed = (seed * 16807) % 2147483647; return seed / 2147483647; };
function mk(count: number, n: number, d: number, uneven: boolean) { const points = new Float64Array(count * n * d); const weights = new Float64Array(count * n).fill(1 / n);
  for (let i = 0; i < count; i++) { const c = Array.from({ length: d }, () => (rnd() - 0.5)); for (let k = 0; k < n * d; k++) points[i * n * d + k] = c[k % d]! + rnd();
   if (uneven) { let t = 0; for (let k = 0; k < n; k++) { weights[i*n+k] = 0.2 - Math.log(rnd()); t += weights[i*n+k]!; } for (let k = 0; k < n; k++) weights[i*n+k]! /= t; } }
  return { count, dimension: d, offsets: Int32Array.from({ length: count + 1 }, (_, i) => i * n), points, weights }; }
const med = (x: number[]) => [...x].sort((a,b)=>a-b)[x.length>>1]!;
for (const uneven of [false, true]) for (const eps of [1e-3, 1e-2, 1e-1]) { const items = mk(30, 20, 2, uneven), q = mk(10, 20, 2, uneven); const M = await PointCloudMemory.create(items, { epsilon: eps });
  const r = await M.retrieve(q, { beta: 100 }); const t = uneven ? undefined : await M.retrieve(q, { beta: 100, reweightStep: 0 });
  const e = (x: any) => 'S median ' + med([...x.nearestDivergence]).toExponential(2) + ' max ' + Math.max(...x.nearestDivergence).toExponential(2) + ' evals ' + med([...x.evaluated]);
  console.log(uneven ? 'uneven' : 'equal ', eps, 'both', e(r), r.stopped.filter((s) => s === 'stalled').length + ' stalled', t ? '| transport ' + e(t) : ''); }
for (const s of [1, 2]) { const r = await runRecovery({ ...defaultRecoverySettings, seed: s, maxIterations: 1000 }); console.log('recovery', s, r.rows.slice(1, 3).map((x) => `${x.channel} med ${x.medianDivergence.toExponential(1)} max ${x.greatestDivergence.toExponential(1)} rec ${x.recovered}`).join(' | ')); }
