import { fitsInMemory } from '../core/availableMemory.ts';
import { aBoolean, optional, readOptions, specify } from '../core/options.ts';
import type { Matrix } from '../core/types.ts';
import { extent, fields, floatArray, numberList, product, property, record } from '../core/validate.ts';
import { marginalMatrix } from '../memory/marginalMatrix.ts';
import { concatFloats, concatInts } from '../memory/parts.ts';
import { native } from '../native/addon.ts';
import { runTask } from '../native/calls.ts';
import { pairFitsInMemory, problemFitsInMemory } from './batches.ts';
import { solverOf, transportOptions } from './options.ts';
import { type CloudPairs, cloudPairs, inPairParts, offsetsOf, overPairs, pairSizes, totalOf } from './pairs.ts';
import { solverStopsOf } from './results.ts';
import type {
  PointClouds,
  SinkhornDivergenceOptions,
  SinkhornDivergences,
  SinkhornOptions,
  SinkhornResult,
  SinkhornResults,
  SolverStop,
  TransportProblem,
} from './types.ts';

const bytesOfNumber = Float64Array.BYTES_PER_ELEMENT;

const sinkhornOptions = specify<SinkhornOptions>()({ ...transportOptions, plans: optional(aBoolean, true) });
const divergenceOptions = specify<SinkhornDivergenceOptions>()({
  ...transportOptions,
  gradient: optional(aBoolean, false),
});

/**
 * Entropic optimal transport from source i to target i (a single cloud on one side goes with every one of the other),
 * with the cost |x - y|^2 and the entropy relative to the product of the weights a and b:
 *
 *     max over f, g of <a, f> + <b, g> - epsilon sum_kj a_k b_j (exp((f_k + g_j - C_kj) / epsilon) - 1)
 *     P_kj = a_k b_j exp((f_k + g_j - C_kj) / epsilon)
 *
 * The solver is Newton's method on one potential with annealed epsilon, safeguarded by Sinkhorn sweeps. It solves each
 * pair until its own marginal error is within the tolerance, at any epsilon from 1e-8 of the costs up; pairs of more
 * than 2^24 costs take accelerated sweeps alone, which small epsilons can exhaust. `stopped` and `marginalErrors`
 * report pairs that it could not solve. Potentials are determined up to a constant that is added to f
 * and subtracted from g. Points of weight below 1e-100 count as points of weight 0. Progress counts pairs.
 *
 * @throws DenseamError ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function sinkhorn(
  sources: PointClouds,
  targets: PointClouds,
  options: SinkhornOptions,
): Promise<SinkhornResults>;
/**
 * Solves one problem with given costs, C of any finite numbers.
 *
 * @throws DenseamError ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function sinkhorn(problem: TransportProblem, options: SinkhornOptions): Promise<SinkhornResult>;
export async function sinkhorn(
  ...[first, second, third]:
    | [sources: PointClouds, targets: PointClouds, options: SinkhornOptions]
    | [problem: TransportProblem, options: SinkhornOptions]
): Promise<SinkhornResults | SinkhornResult> {
  const isProblem = property('sources', record('sources', first, wantedSources), 'cost') !== undefined;
  if (isProblem) return solveCosts(first as TransportProblem, second as SinkhornOptions);
  return solvePairs(first as PointClouds, second as PointClouds, third as SinkhornOptions);
}

async function solvePairs(
  sources: PointClouds,
  targets: PointClouds,
  options: SinkhornOptions,
): Promise<SinkhornResults> {
  const pairs = cloudPairs(sources, targets);
  const read = readOptions(sinkhornOptions, options);
  const { epsilon, plans: wantPlans } = read;
  const potentials = totalOf('sources', pairs) + totalOf('targets', pairs);
  const plans = overPairs(pairs, (source, target) => source * target);
  fitsInMemory('the results', (potentials + (wantPlans ? plans.sum : 0)) * bytesOfNumber);
  pairFitsInMemory('the largest pair', plans.greatest);
  const results = (source: number, target: number) => (wantPlans ? source * target : 0);
  const parts = await inPairParts(pairs, read, results, (from, to, index, report) =>
    native.solveTransport(from, to, {
      firstIndex: index,
      dimension: pairs.dimension,
      epsilon,
      ...solverOf(read),
      wantPlans,
      onProgress: report,
    }),
  );
  return {
    count: pairs.count,
    values: concatFloats(parts.map((part) => part.values)),
    transportCosts: concatFloats(parts.map((part) => part.transportCosts)),
    sourcePotentials: concatFloats(parts.map((part) => part.sourcePotentials)),
    sourceOffsets: offsetsOf('sources', pairs),
    targetPotentials: concatFloats(parts.map((part) => part.targetPotentials)),
    targetOffsets: offsetsOf('targets', pairs),
    plans: wantPlans ? plansOf(pairs, parts) : [],
    marginalErrors: concatFloats(parts.map((part) => part.marginalErrors)),
    iterations: concatInts(parts.map((part) => part.iterations)),
    newtonSteps: concatInts(parts.map((part) => part.newtonSteps)),
    stopped: parts.flatMap(solverStopsOf),
  };
}

async function solveCosts(problem: TransportProblem, options: SinkhornOptions): Promise<SinkhornResult> {
  const read = readOptions(sinkhornOptions, options);
  const { epsilon, plans: wantPlan } = read;
  const given = fields('problem', problem, ['cost', 'rowWeights', 'columnWeights']);
  const { rows, columns, costs } = readCosts(given.cost);
  const rowWeights = numberList('problem.rowWeights', given.rowWeights, rows, 'one a row');
  const columnWeights = numberList('problem.columnWeights', given.columnWeights, columns, 'one a column');
  problemFitsInMemory('problem.cost', costs.length);
  const matrix = await marginalMatrix('problem.cost.data', costs, rowWeights, columnWeights, read.signal);
  const found = await runTask(
    (report) => native.solveTransportOfCosts(matrix, { epsilon, ...solverOf(read), wantPlan, onProgress: report }),
    read,
  );
  return {
    value: found.values[0] as number,
    transportCost: found.transportCosts[0] as number,
    rowPotentials: found.sourcePotentials,
    columnPotentials: found.targetPotentials,
    ...(wantPlan && { plan: { rows, columns, data: found.plans } }),
    marginalError: found.marginalErrors[0] as number,
    iterations: found.iterations[0] as number,
    newtonSteps: found.newtonSteps[0] as number,
    stopped: solverStopsOf(found)[0] as SolverStop,
  };
}

/**
 * Debiased Sinkhorn divergence S = OT(source, target) - OT(source, source)/2 - OT(target, target)/2 of source i and
 * target i (a single cloud on one side goes with every one of the other), OT as {@link sinkhorn} solves it. It is 0 for
 * equal clouds, above it for others, and tends to the squared 2-Wasserstein distance as epsilon vanishes. With
 * `gradient`, also its gradient by the source's points and its first variation by the source's weights. Progress counts
 * pairs.
 *
 * @throws DenseamError ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function sinkhornDivergence(
  sources: PointClouds,
  targets: PointClouds,
  options: SinkhornDivergenceOptions,
): Promise<SinkhornDivergences> {
  const read = readOptions(divergenceOptions, options);
  const { epsilon, gradient: wantGradients } = read;
  const pairs = cloudPairs(sources, targets);
  const total = totalOf('sources', pairs);
  if (wantGradients) fitsInMemory('the gradients', total * (pairs.dimension + 1) * bytesOfNumber);
  const problems = overPairs(pairs, (source, target) => Math.max(source, target) ** 2);
  pairFitsInMemory('the largest cloud', problems.greatest);
  const parts = await inPairParts(
    pairs,
    read,
    () => 0,
    (from, to, index, report) =>
      native.sinkhornDivergences(from, to, {
        firstIndex: index,
        dimension: pairs.dimension,
        epsilon,
        ...solverOf(read),
        wantGradients,
        onProgress: report,
      }),
  );
  return {
    count: pairs.count,
    values: concatFloats(parts.map((part) => part.values)),
    marginalErrors: concatFloats(parts.map((part) => part.marginalErrors)),
    iterations: concatInts(parts.map((part) => part.iterations)),
    stopped: parts.flatMap(solverStopsOf),
    ...(wantGradients && {
      gradients: concatFloats(parts.map((part) => part.gradients)),
      firstVariations: concatFloats(parts.map((part) => part.firstVariations)),
      sourceOffsets: offsetsOf('sources', pairs),
    }),
  };
}

const wantedSources =
  'clouds { count, dimension, offsets, points, weights } or a problem { cost, rowWeights, columnWeights }';

function readCosts(cost: unknown) {
  const given = fields('problem.cost', cost, ['rows', 'columns', 'data']);
  const rows = extent('problem.cost.rows', given.rows);
  const columns = extent('problem.cost.columns', given.columns);
  const length = product('problem.cost', rows, columns);
  return { rows, columns, costs: floatArray('problem.cost.data', given.data, length, `${rows} x ${columns}`) };
}

/** The plan of each pair, a view of the plans of its part. */
function plansOf(pairs: CloudPairs, parts: readonly { plans: Float64Array; values: Float64Array }[]): Matrix[] {
  const plans: Matrix[] = [];
  for (const part of parts) {
    let at = 0;
    for (let i = 0; i < part.values.length; i++) {
      const [rows, columns] = pairSizes(pairs, plans.length);
      plans.push({ rows, columns, data: part.plans.subarray(at, at + rows * columns) });
      at += rows * columns;
    }
  }
  return plans;
}
