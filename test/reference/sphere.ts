/**
 * The von Mises-Fisher memory by its definitions (Thériault and Tantari 2025): density, losses, gradients. Every sum of
 * exponentials is taken in logarithms with the shift of its own class.
 */

/** Rows of numbers. */
export type Table = readonly (readonly number[])[];

export interface SphereModel {
  /** w, P x N, rows of norm 1. */
  readonly memories: Table;
  /** p, (P+1) x (C+1): row 0 is the background, column 0 the class "none". */
  readonly classWeights: Table;
  readonly beta: number;
  /** sigma: exponents are sigma beta w.x (eq. 12). */
  readonly betaScale: number;
}

/**
 * What is learnt: soft labels q, n x (C+1), for the loss of eq. 12, or the softening e of the unsupervised loss,
 * eq. 15.
 */
export type Targets = Table | number;

export interface SphereGradients {
  /** dL/dw, P x N, in the ambient space. */
  readonly memories: number[][];
  /** dL/dp, (P+1) x (C+1), every entry taken as free. */
  readonly classWeights: number[][];
  /** dL/dbeta. */
  readonly beta: number;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return sum(a.map((value, k) => value * (b[k] as number)));
}

export function normalised(vector: readonly number[]): number[] {
  const norm = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / norm);
}

export function column(table: Table, index: number): number[] {
  return table.map((row) => row[index] as number);
}

export function columns(table: Table): number[][] {
  return (table[0] as readonly number[]).map((_, index) => column(table, index));
}

/** 0 log 0 = 0: what has no weight does not count, however large it is. */
export function weighted(weight: number, value: number): number {
  return weight === 0 ? 0 : weight * value;
}

/** log sum exp, shifted by the greatest. */
export function logSum(logarithms: readonly number[]): number {
  const greatest = Math.max(...logarithms);
  if (greatest === Number.NEGATIVE_INFINITY) return greatest;
  return greatest + Math.log(sum(logarithms.map((value) => Math.exp(value - greatest))));
}

/** log of the area of the sphere in R^N: 2, 2 pi, then |S^(N-1)| = |S^(N-3)| 2 pi / (N - 2). */
export function logArea(dimension: number): number {
  if (dimension <= 2) return Math.log(dimension === 1 ? 2 : 2 * Math.PI);
  return logArea(dimension - 2) + Math.log((2 * Math.PI) / (dimension - 2));
}

/** log t_n, n = 1, 2 ..., of 0F1(; N/2; kappa^2/4) = 1 + sum t_n, up to where terms do not count any more. */
function logTerms(dimension: number, kappa: number): number[] {
  const logs: number[] = [];
  let greatest = 0;
  for (let n = 1, log = 0; ; n++) {
    log += 2 * Math.log(kappa / 2) - Math.log(n) - Math.log(dimension / 2 + n - 1);
    logs.push(log);
    greatest = Math.max(greatest, log);
    // Beyond n = kappa each term is less than half the one before: what is left out is below exp(-50) of the sum.
    if (n > kappa && log < greatest - 50 && n >= 20) return logs;
  }
}

/** L(kappa) = log Omega_N(kappa) / Omega_N(0). */
export function logNormalizer(dimension: number, kappa: number): number {
  if (kappa === 0) return 0;
  const rest = logSum(logTerms(dimension, kappa));
  return rest > 0 ? rest + Math.log1p(Math.exp(-rest)) : Math.log1p(Math.exp(rest));
}

/** A_N(kappa) = dL/dkappa = (2/kappa) sum n t_n / sum t_n: the mean of w.x. */
export function meanOverlap(dimension: number, kappa: number): number {
  if (kappa === 0) return 0;
  const log = logNormalizer(dimension, kappa);
  return (2 / kappa) * sum(logTerms(dimension, kappa).map((term, at) => (at + 1) * Math.exp(term - log)));
}

function dimensionOf(model: SphereModel): number {
  return (model.memories[0] as readonly number[]).length;
}

/** a_gamma of every point, n x (P+1): sigma beta w.x - L(beta), and 0 for the background. */
function exponents(model: SphereModel, x: Table): number[][] {
  const normalizer = logNormalizer(dimensionOf(model), model.beta);
  return x.map((point) => [0, ...model.memories.map((w) => model.betaScale * model.beta * dot(w, point) - normalizer)]);
}

/** log Z_ny = log sum_gamma p_y^gamma e^(a_ngamma), n x (C+1). */
function logSums(model: SphereModel, exponentsOfPoints: Table): number[][] {
  const weights = columns(model.classWeights).map((ofClass) => ofClass.map(Math.log));
  return exponentsOfPoints.map((a) =>
    weights.map((ofClass) => logSum(ofClass.map((log, gamma) => log + (a[gamma] as number)))),
  );
}

/** log P(x, y), n x (C+1) (eq. 12). */
export function logDensity(model: SphereModel, x: Table): number[][] {
  const area = logArea(dimensionOf(model));
  return logSums(model, exponents(model, x)).map((row) => row.map((log) => log - area));
}

/** P(y | x), n x (C+1) (eq. 14). */
export function posterior(model: SphereModel, x: Table): number[][] {
  return logDensity(model, x).map((logs) => {
    const total = logSum(logs);
    return logs.map((log) => Math.exp(log - total));
  });
}

/** The class, 0 to C, of the greatest posterior; the first of equals. */
export function predictions(model: SphereModel, x: Table): number[] {
  return logDensity(model, x).map((logs) => logs.indexOf(Math.max(...logs)));
}

/** (1 - s) onehot + s / (C + 1), for labels 0 to C. */
export function softenedLabels(labels: readonly number[], classes: number, softening: number): number[][] {
  return labels.map((label) =>
    Array.from({ length: classes + 1 }, (_, y) => (y === label ? 1 - softening : 0) + softening / (classes + 1)),
  );
}

/** q of eq. 15: the posterior softened by e. */
function softenedPosterior(model: SphereModel, x: Table, e: number): number[][] {
  return posterior(model, x).map((row) => row.map((pi) => (1 - e) * pi + e / row.length));
}

/** -mean_n sum_y q_ny log P(x_n, y) (eq. 12; eq. 4 at sigma = 1). */
export function supervisedLoss(model: SphereModel, x: Table, q: Table): number {
  const logs = logDensity(model, x);
  const losses = logs.map(
    (row, n) => -sum(row.map((log, y) => weighted((q[n] as readonly number[])[y] as number, log))),
  );
  return sum(losses) / x.length;
}

/** The loss with q the softened posterior (eq. 15). */
export function unsupervisedLoss(model: SphereModel, x: Table, e: number): number {
  return supervisedLoss(model, x, softenedPosterior(model, x, e));
}

export function loss(model: SphereModel, x: Table, targets: Targets): number {
  return typeof targets === 'number' ? unsupervisedLoss(model, x, targets) : supervisedLoss(model, x, targets);
}

/**
 * r of dL = -mean_n sum_y r_ny d log P(x_n, y), n x (C+1). Supervised it is q. With l = log P(x, y) and pi the
 * posterior, d pi_y = pi_y (dl_y - sum_k pi_k dl_k), so that the dependence of eq. 15's q on the parameters adds sum_y
 * (1-e) l_y d pi_y = sum_y (1-e) pi_y (l_y - sum_k pi_k l_k) dl_y.
 */
export function sensitivities(model: SphereModel, x: Table, targets: Targets): Table {
  if (typeof targets !== 'number') return targets;
  const logs = logDensity(model, x);
  const probabilities = posterior(model, x);
  return softenedPosterior(model, x, targets).map((q, n) => {
    const pi = probabilities[n] as number[];
    const top = Math.max(...(logs[n] as number[]));
    // Where l is large, rounding of pi would count in the sum of pi l.
    const l = (logs[n] as number[]).map((log) => log - top);
    const mean = sum(pi.map((p, y) => weighted(p, l[y] as number)));
    return q.map((value, y) => value + (1 - targets) * weighted(pi[y] as number, (l[y] as number) - mean));
  });
}

/** a_ngamma - log Z_ny for one point, (P+1) x (C+1): its exponential is d log Z_ny / d p_y^gamma. */
function logRatios(a: readonly number[], sums: readonly number[]): number[][] {
  return a.map((exponent) => sums.map((log) => exponent - log));
}

/** gamma_ngamma = sum_y r_ny p_y^gamma e^(a_ngamma) / Z_ny, n x (P+1), the background first. */
export function responsibilities(model: SphereModel, x: Table, r: Table): number[][] {
  const a = exponents(model, x);
  const sums = logSums(model, a);
  return a.map((ofPoint, n) =>
    logRatios(ofPoint, sums[n] as number[]).map((ratios, gamma) => {
      const weights = model.classWeights[gamma] as readonly number[];
      const shares = ratios.map((log, y) => Math.exp(Math.log(weights[y] as number) + log));
      return sum(shares.map((share, y) => weighted((r[n] as readonly number[])[y] as number, share)));
    }),
  );
}

/** sum_n r_ny e^(a_ngamma) / Z_ny, (P+1) x (C+1). */
function ratioSums(model: SphereModel, x: Table, r: Table): number[][] {
  const a = exponents(model, x);
  const sums = logSums(model, a);
  const ratios = a.map((ofPoint, n) => logRatios(ofPoint, sums[n] as number[]));
  return model.classWeights.map((row, gamma) =>
    row.map((_, y) =>
      sum(
        ratios.map((ofPoint, n) =>
          weighted((r[n] as readonly number[])[y] as number, Math.exp((ofPoint[gamma] as number[])[y] as number)),
        ),
      ),
    ),
  );
}

/** sum_n gamma_nmu x_n of every memory, P x N. */
function weightedSums(model: SphereModel, x: Table, r: Table): number[][] {
  const gamma = responsibilities(model, x, r);
  return model.memories.map((_, mu) => columns(x).map((coordinate) => dot(column(gamma, mu + 1), coordinate)));
}

/** Gradients of the loss of `targets`, the dependence of the unsupervised q on the parameters included. */
export function gradients(model: SphereModel, x: Table, targets: Targets): SphereGradients {
  const { memories, beta, betaScale } = model;
  const r = sensitivities(model, x, targets);
  const gamma = responsibilities(model, x, r);
  const mean = meanOverlap(dimensionOf(model), beta);
  const betaTerms = memories.map((w, mu) =>
    dot(
      column(gamma, mu + 1),
      x.map((point) => betaScale * dot(w, point) - mean),
    ),
  );
  return {
    memories: weightedSums(model, x, r).map((row) => row.map((value) => (-betaScale * beta * value) / x.length)),
    classWeights: ratioSums(model, x, r).map((row) => row.map((value) => -value / x.length)),
    beta: -sum(betaTerms) / x.length,
  };
}

/** wbar, P x N, and pbar, (P+1) x (C+1), of eq. 6: sums over the points, not means. */
export function posteriorSums(
  model: SphereModel,
  x: Table,
  q: Table,
): { memories: number[][]; classWeights: number[][] } {
  const ratios = ratioSums(model, x, q);
  return {
    memories: weightedSums(model, x, q),
    classWeights: model.classWeights.map((row, gamma) =>
      row.map((p, y) => weighted(p, (ratios[gamma] as number[])[y] as number)),
    ),
  };
}
