import { PointCloudMemory, samplePointClouds, perturbClouds } from '../lib/index.ts';
import { defaultRecoverySettings as s } from '../lib/experiments/recoverySettings.ts';
for (const seed of [2,3]) {
const items = await samplePointClouds({ count: s.count, dimension: 2, points: s.points, spread: s.spread, radius: s.radius, weights: 'random', concentration: s.concentration, seed });
const M = await PointCloudMemory.create(items, { epsilon: s.epsilon });
const q = await perturbClouds(items, s.divergence, { epsilon: s.epsilon, channels: 'both', seed });
const r = await M.retrieve(q, { beta: s.beta, maxIterations: 1000 });
console.log(r.stopped.join(' '), [...r.iterations].join(' ')); console.log([...r.nearestDivergence].map(x=>x.toExponential(1)).join(' ')); console.log('marg',[...r.marginalError].map(x=>x.toExponential(0)).join(' '));
console.log('min weights', [...Array(20).keys()].map(i=>Math.min(...r.states.weights.subarray(i*12,i*12+12)).toExponential(0)).join(' '));
}
