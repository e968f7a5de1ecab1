/** The still that was taken nearest to `second`; undefined if there are none. */
export function stillAt<T extends { at: number }>(stills: readonly T[], second: number): T | undefined {
  return stills.reduce<T | undefined>(
    (best, still) => (best && Math.abs(best.at - second) <= Math.abs(still.at - second) ? best : still),
    undefined,
  );
}
