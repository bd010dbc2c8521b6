// The subpath denseam/pointcloud.

export { flattenClouds, unflattenClouds } from './baseline.ts';
export { type Basin, type BasinOptions, estimateBasinRadius } from './basins.ts';
export {
  type CloudRecallOptions,
  type CloudRecallRow,
  type CloudSeparation,
  cloudSeparation,
  measureCloudRecall,
} from './capacity.ts';
export { PointCloudMemory } from './memory.ts';
export { type PerturbCloudsOptions, type PerturbedChannels, perturbClouds } from './perturbation.ts';
export type { RecallShares, RecoveryOptions } from './recall.ts';
export { type SampleCloudsOptions, samplePointClouds } from './sampling.ts';
export type { OwnPointClouds } from './select.ts';
export { sinkhorn, sinkhornDivergence } from './sinkhorn.ts';
export type {
  CloudBetaOptions,
  CloudGradient,
  CloudIterationOptions,
  CloudNeighbours,
  CloudRetrieval,
  CloudRetrieveOptions,
  CloudStepOptions,
  CloudStop,
  CloudSweepOptions,
  CloudTransportMaps,
  CloudWeights,
  Divergences,
  FlowSteps,
  PointCloudLoadOptions,
  PointCloudOptions,
  PointClouds,
  SinkhornDivergenceOptions,
  SinkhornDivergences,
  SinkhornOptions,
  SinkhornResult,
  SinkhornResults,
  SolverOptions,
  SolverStop,
  TransportOptions,
  TransportProblem,
} from './types.ts';
