/** Every exported function with good values of its arguments. */
import * as denseam from '../../lib/index.ts';
import {
  absent,
  basis,
  beta,
  type Case,
  call,
  clouds,
  diagonal,
  epsilon,
  gaussians,
  labelled,
  memories,
  parameters,
  recovery,
  seed,
  shares,
  solver,
  targets,
  vectors,
} from './goodValues.ts';

export const functionCases: Record<string, Case> = {
  toFull: { call: denseam.toFull as never, values: { gaussians: diagonal, options: call } },
  toBasis: {
    call: denseam.toBasis as never,
    values: { gaussians: diagonal, basis, options: { tolerance: 1, ...call } },
  },
  commonBasis: { call: denseam.commonBasis as never, values: { gaussians, options: { tolerance: 1, ...call } } },
  sampleWassersteinSphere: {
    call: denseam.sampleWassersteinSphere as never,
    values: { options: { count: 1, dimension: 2, covariances: 'commuting', range: [1, 2], seed, ...call } },
  },
  perturb: {
    call: denseam.perturb as never,
    values: { items: gaussians, radius: 1, options: { covariances: 'general', seed, ...call } },
  },
  basinRadius: { call: denseam.basinRadius as never, values: { lambdaMin: 1 } },
  separation: { call: denseam.separation as never, values: { items: gaussians } },
  separationBound: { call: denseam.separationBound as never, values: { options: { dimension: 1, lambdaMax: 1 } } },
  capacityExponent: { call: denseam.capacityExponent as never, values: { kappa: 1 } },
  capacity: { call: denseam.capacity as never, values: { options: { dimension: 1, kappa: 1, probability: 1 } } },
  iterationsToAccuracy: {
    call: denseam.iterationsToAccuracy as never,
    values: { options: { lambdaMin: 1, contraction: 0.5, accuracy: 1 } },
  },
  errorExponent: { call: denseam.errorExponent as never, values: { options: { beta, lambdaMin: 1, kappa: 1 } } },
  oneStepErrorBound: {
    call: denseam.oneStepErrorBound as never,
    values: { options: { beta, lambdaMin: 1, kappa: 1, dimension: 1, constant: 1 } },
  },
  gaussiansFrom: {
    call: denseam.gaussiansFrom as never,
    values: {
      arrays: {
        means: { shape: [2, 1], data: Float64Array.of(0, 1) },
        covariances: { shape: [2], data: Float64Array.of(1, 1) },
        kind: 'variance',
      },
      options: { signal: call.signal },
    },
  },
  readGaussians: {
    call: denseam.readGaussians as never,
    values: { source: absent, options: { kind: 'variance', means: 'm', covariances: 'c', signal: call.signal } },
  },
  readIdx: { call: denseam.readIdx as never, values: { path: absent, options: call } },
  readNpy: { call: denseam.readNpy as never, values: { path: absent, options: { bigint: false, ...call } } },
  readNpz: {
    call: denseam.readNpz as never,
    values: { path: absent, names: ['a'], options: { bigint: false, signal: call.signal } },
  },
  writeNpz: {
    call: denseam.writeNpz as never,
    values: {
      path: absent,
      arrays: [{ name: 'a', shape: [1], data: Float64Array.of(1) }],
      options: { signal: call.signal },
    },
  },
  readWord2Gauss: {
    call: denseam.readWord2Gauss as never,
    values: { path: absent, options: { part: 'words', ...call } },
  },
  toFloats: { call: denseam.toFloats as never, values: { data: Int32Array.of(1) } },
  flattenClouds: { call: denseam.flattenClouds as never, values: { clouds } },
  unflattenClouds: {
    call: denseam.unflattenClouds as never,
    values: { vectors: denseam.flattenClouds(clouds), clouds },
  },
  estimateBasinRadius: {
    call: denseam.estimateBasinRadius as never,
    values: {
      memory: memories.cloud,
      index: 0,
      options: { ...recovery, beta, share: 1, trials: 1, accuracy: 1, greatest: 1 },
    },
  },
  measureCloudRecall: {
    call: denseam.measureCloudRecall as never,
    values: {
      options: {
        ...recovery,
        ...solver,
        counts: [1],
        dimensions: [1],
        epsilons: [1],
        betas: [1],
        divergences: [0.1],
        points: [1, 2],
        spread: 1,
        radius: 1,
        weights: 'random',
        concentration: 1,
        queries: 1,
        trials: 1,
      },
    },
  },
  cloudSeparation: { call: denseam.cloudSeparation as never, values: { memory: memories.cloud, options: call } },
  perturbClouds: {
    call: denseam.perturbClouds as never,
    values: { clouds, divergence: 1, options: { epsilon, channels: 'both', seed, ...solver, ...call } },
  },
  samplePointClouds: {
    call: denseam.samplePointClouds as never,
    values: {
      options: {
        count: 1,
        dimension: 1,
        points: 1,
        spread: 1,
        radius: 1,
        weights: 'random',
        concentration: 1,
        seed,
        ...call,
      },
    },
  },
  sinkhorn: {
    call: denseam.sinkhorn as never,
    values: { sources: clouds, targets: clouds, options: { epsilon, plans: true, ...solver, ...call } },
  },
  'sinkhorn of costs': {
    call: denseam.sinkhorn as never,
    values: {
      problem: { cost: basis, rowWeights: [0.5, 0.5], columnWeights: [0.5, 0.5] },
      options: { epsilon, plans: true, ...solver, ...call },
    },
  },
  sinkhornDivergence: {
    call: denseam.sinkhornDivergence as never,
    values: { sources: clouds, targets: clouds, options: { epsilon, gradient: true, ...solver, ...call } },
  },
  vonMisesFisherLogNormalizer: {
    call: denseam.vonMisesFisherLogNormalizer as never,
    values: { dimension: 2, kappa: 1 },
  },
  vonMisesFisherMeanResultantLength: {
    call: denseam.vonMisesFisherMeanResultantLength as never,
    values: { dimension: 2, kappa: 1 },
  },
  logSphereArea: { call: denseam.logSphereArea as never, values: { dimension: 2 } },
  toSphere: {
    call: denseam.toSphere as never,
    values: { data: vectors, options: { centre: false, precision: 'float32', ...call } },
  },
  imagePatches: {
    call: denseam.imagePatches as never,
    values: {
      images: { count: 1, height: 1, width: 1, values: Uint8Array.of(1) },
      options: { size: 1, stride: 1, ...call },
    },
  },
  solveSaddlePoint: {
    call: denseam.solveSaddlePoint as never,
    values: {
      patterns: vectors,
      targets,
      options: { beta, v: 1, rho: 1, hiddenUnits: 1, seed, tolerance: 1, maxIterations: 1, ...call },
    },
  },
  solveTeacherSaddlePoint: {
    call: denseam.solveTeacherSaddlePoint as never,
    values: {
      options: {
        beta,
        dimension: 2,
        teacherUnits: 1,
        teacherClassShares: [0.5, 0.5],
        hiddenUnits: 1,
        hiddenShares: [0.5, 0.5],
        classShares: [0.5, 0.5],
        ...call,
      },
    },
  },
  sampleUniformSphere: {
    call: denseam.sampleUniformSphere as never,
    values: { options: { count: 1, dimension: 2, seed, ...call } },
  },
  sampleVonMisesFisher: {
    call: denseam.sampleVonMisesFisher as never,
    values: { options: { count: 1, mean: Float64Array.of(1, 0), kappa: 1, seed, ...call } },
  },
  sampleTeacher: {
    call: denseam.sampleTeacher as never,
    values: { options: { count: 1, memories: vectors, classWeights: parameters.classWeights, beta, seed, ...call } },
  },
  sinkhornKnopp: {
    call: denseam.sinkhornKnopp as never,
    values: {
      matrix: targets,
      options: { rowSums: [0.5, 0.5], columnSums: [0.5, 0.5], tolerance: 1, maxIterations: 1, ...call },
    },
  },
  effectiveInverseTemperature: { call: denseam.effectiveInverseTemperature as never, values: { beta, v: 1 } },
  classWeightMultipliers: {
    call: denseam.classWeightMultipliers as never,
    values: { pbar: parameters.classWeights, options: { ...shares, signal: call.signal } },
  },
  stationarity: {
    call: denseam.stationarity as never,
    values: { parameters, data: labelled, options: { labelSoftening: 0.1, ...shares, ...call } },
  },
  duplicate: { call: denseam.duplicate as never, values: { parameters, indices: [0] } },
  splittingStability: {
    call: denseam.splittingStability as never,
    values: { parameters, data: labelled, options: { labelSoftening: 0.1, maxPasses: 1, tolerance: 1, seed, ...call } },
  },
  setThreads: { call: denseam.setThreads as never, values: { count: 1 } },
  Random: { call: (seed) => new denseam.Random(seed), values: { seed } },
  'Random.integer': { call: (bound) => new denseam.Random(1).integer(bound), values: { bound: 1 } },
  'Random.sample': {
    call: (count, bound) => new denseam.Random(1).sample(count, bound),
    values: { count: 1, bound: 1 },
  },
  'Random.shuffle': { call: (array) => new denseam.Random(1).shuffle(array), values: { array: Int32Array.of(1) } },
};
