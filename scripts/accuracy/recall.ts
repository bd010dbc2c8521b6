import { Random } from '../../lib/core/random.ts';
import { EuclideanMemory, GaussianMemory, type Gaussians, type Structure, type Vectors } from '../../lib/index.ts';
import { type Family, families, gaussianAt, gaussiansOf, type Precision, type Shape } from './problems.ts';
import { type Errors, ErrorTable, type Judge } from './tables.ts';

const itemCount = 6;
const dimensions = [1, 2, 4, 8];
const steps = 3;
/** Problems of each kind and dimension; those of full covariances take the reference a second each. */
const problemCounts = { full: 10, diagonal: 50, isotropic: 50, vectors: 50 };
/** Beta in units of one over the mean squared distance to the items. */
const betas = [0.1, 1, 10];

export const recallStructures = ['full', 'diagonal', 'isotropic', 'vectors'] as const;
type RecallStructure = (typeof recallStructures)[number];

/** The errors of recall among items of a structure, those of each family in a column. */
export async function recallTable(structure: RecallStructure, precision: Precision, judge: Judge): Promise<string> {
  const table = new ErrorTable();
  const random = new Random(1);
  for (const family of familiesOf(structure)) {
    for (const dimension of dimensions) {
      // The only covariance of rank 0 in one dimension has no map.
      if (structure === 'full' && family === 'singular' && dimension === 1) continue;
      for (let problem = 0; problem < problemCounts[structure]; problem++) {
        table.add(family, await errorsOf(structure, { family, precision, dimension }, random, judge));
      }
    }
  }
  return table.markdown();
}

const familiesOf = (structure: RecallStructure): readonly Family[] =>
  structure === 'vectors' ? families.filter((family) => !['ill-conditioned', 'singular'].includes(family)) : families;

async function errorsOf(
  structure: RecallStructure,
  kind: Omit<Shape, 'structure'>,
  random: Random,
  judge: Judge,
): Promise<Errors> {
  // A query of full rank: without it there is no map that the reference could form.
  const ofQuery = { ...kind, family: kind.family === 'singular' ? ('ordinary' as const) : kind.family };
  const batch = { structure: structure === 'vectors' ? ('isotropic' as const) : structure };
  const [items, query] = splitQuery(batch.structure, kind, ofQuery, random);
  const answers =
    structure === 'vectors' ? await recallVectors(items, query, random) : await recall(items, query, random);
  const described = [items, query].map((each) =>
    Array.from({ length: each.count }, (_, i) => {
      const { mean, covariance } = gaussianAt(each, i);
      return structure === 'vectors' ? { mean } : { mean, covariance };
    }),
  );
  const { dimension } = kind;
  const [own, asked] = described as [object[], object[]];
  return judge({ kind: 'recall', structure, dimension, items: own, query: asked[0], steps, ...answers });
}

/** The items, and a query of its own family; of nearly equal ones the last is the query. */
function splitQuery(
  structure: Structure,
  kind: Omit<Shape, 'structure'>,
  ofQuery: Omit<Shape, 'structure'>,
  random: Random,
): [items: Gaussians, query: Gaussians] {
  if (kind.family !== ofQuery.family) {
    return [gaussiansOf({ structure, ...kind }, itemCount, random), gaussiansOf({ structure, ...ofQuery }, 1, random)];
  }
  const all = gaussiansOf({ structure, ...kind }, itemCount + 1, random);
  return [part(all, 0, itemCount), part(all, itemCount, itemCount + 1)];
}

function part({ means, covariances, count, ...rest }: Gaussians, begin: number, end: number): Gaussians {
  const take = (values: Gaussians['means']) =>
    values.slice((begin * values.length) / count, (end * values.length) / count);
  return { ...rest, count: end - begin, means: take(means), covariances: take(covariances) };
}

async function recall(items: Gaussians, query: Gaussians, random: Random) {
  const memory = await GaussianMemory.create(items);
  const { data: distances } = await memory.distances(query);
  const beta = betaFor(distances, random);
  const energy = await memory.energy(query, { beta });
  const { data: weights } = await memory.weights(query, { beta });
  const step = gaussianAt(await memory.step(query, { beta }), 0);
  const { states } = await memory.retrieve(query, { beta, tolerance: 0, maxIterations: steps });
  const answers = {
    distances: Array.from(distances),
    energy: energy[0],
    weights: Array.from(weights),
    step,
    retrieved: gaussianAt(states, 0),
  };
  return { beta, answers: items.structure === 'full' ? { ...answers, maps: await mapsOf(memory, query) } : answers };
}

async function mapsOf(memory: GaussianMemory, query: Gaussians): Promise<number[][]> {
  const indices = Int32Array.from({ length: memory.size }, (_, i) => i);
  const { matrices } = await memory.transportMaps(query, indices);
  const size = matrices.length / memory.size;
  return Array.from(indices, (i) => Array.from(matrices.subarray(i * size, (i + 1) * size)));
}

async function recallVectors(items: Gaussians, query: Gaussians, random: Random) {
  const vectors = ({ count, dimension, means }: Gaussians): Vectors => ({ count, dimension, values: means });
  const memory = await EuclideanMemory.create(vectors(items));
  const asked = vectors(query);
  const { data: distances } = await memory.distances(asked);
  const beta = betaFor(distances, random);
  const energy = await memory.energy(asked, { beta });
  const { data: weights } = await memory.weights(asked, { beta });
  const step = { mean: Array.from((await memory.step(asked, { beta })).values) };
  const { states } = await memory.retrieve(asked, { beta, tolerance: 0, maxIterations: steps });
  return {
    beta,
    answers: {
      distances: Array.from(distances),
      energy: energy[0],
      weights: Array.from(weights),
      step,
      retrieved: { mean: Array.from(states.values) },
    },
  };
}

function betaFor(distances: Float64Array, random: Random): number {
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
  return (betas[random.integer(betas.length)] as number) / mean;
}
