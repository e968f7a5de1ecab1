/** The last still taken by `second`, or the first; undefined if there are none. Stills are ordered by their moment. */
export function stillAt<T extends { at: number }>(stills: readonly T[], second: number): T | undefined {
  return stills.findLast(({ at }) => at <= second) ?? stills[0];
}
