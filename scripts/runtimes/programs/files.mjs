import { GaussianMemory } from 'denseam';

const items = { count: 1, dimension: 2, structure: 'diagonal', covariances: Float64Array.of(1, 1) };
const memory = await GaussianMemory.create({ ...items, means: Float64Array.of(0, 0) });
await memory.save('saved/one.safetensors');

// What comes out of a memory goes in again.
const loaded = await GaussianMemory.load('saved/one.safetensors');
const { data } = await loaded.distances(await memory.get([0]));
const far = await loaded.distances({ ...items, means: Float64Array.of(3, 4) });
console.log('distances', data[0], far.data[0]);
