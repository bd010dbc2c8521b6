/** `count` tridiagonal Gaussians of dimension d: cheap to write down, as costly to recall as any. */
export function gaussians(count, d, shift = 0) {
  const means = Float64Array.from({ length: count * d }, (_, at) => Math.sin(1 + at + shift));
  const covariances = new Float64Array(count * d * d);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < d; k++) {
      covariances[i * d * d + k * d + k] = 1.5 + Math.cos(i + 2 * k + shift);
      if (k + 1 < d) {
        covariances[i * d * d + k * d + k + 1] = 0.1;
        covariances[i * d * d + (k + 1) * d + k] = 0.1;
      }
    }
  }
  return { count, dimension: d, structure: 'full', means, covariances };
}
