/** How fast bytes went lately: since the first of the samples that are kept. */

export type Sample = { at: number; bytes: number };

const WINDOW = 8_000;

/** Samples of the last seconds and the one just taken; older ones no longer tell how fast it is. */
export function sampled(samples: readonly Sample[], now: Sample): Sample[] {
  return [...samples.filter(({ at }) => now.at - at <= WINDOW), now];
}

/** Bytes a second; null before there is anything to compare. */
export function pace(samples: readonly Sample[]): number | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at === first.at) return null;
  return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.at - first.at));
}
