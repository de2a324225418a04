/** A share with its 95% confidence interval. */
export interface Interval {
  value: number;
  low: number;
  high: number;
}

/** The 97.5% quantile of the normal distribution. */
const Z = 1.959964;

/** The Wilson score interval of `successes` out of `n`: holds near 0 and 1 and for small `n`, where value ± 2·error does not. */
export function wilson(successes: number, n: number): Interval {
  if (n === 0) return { value: 0, low: 0, high: 1 };
  const share = successes / n;
  const centre = (share + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
  const half = (Z / (1 + Z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2));
  return { value: round(share), low: round(centre - half), high: round(centre + half) };
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
