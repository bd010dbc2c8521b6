/** Two clouds of one point each. */
export const clouds = {
  count: 2,
  dimension: 1,
  offsets: Int32Array.of(0, 1, 2),
  points: Float64Array.of(0, 3),
  weights: Float64Array.of(1, 1),
};

/** The least that a measurement of recall can do; `trials` are the test's. */
export const grid = {
  counts: [2],
  dimensions: [1],
  epsilons: [1],
  betas: [1],
  divergences: [0.1],
  points: 2,
  queries: 1,
};
