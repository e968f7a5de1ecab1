/** A transcript as a list to follow, search and mark. */

export type Timed = { start: number; end: number };

/** The last segment that has begun by `seconds`, or -1 before the first. Segments are ordered by start. */
export function segmentAt(segments: readonly Timed[], seconds: number): number {
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle]!.start <= seconds) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export type Piece = { text: string; hit: boolean };

/** `text` cut where `query` stands in it, in any letter case. Joined, the pieces are `text`. */
export function marked(text: string, query: string): Piece[] {
  const wanted = query.trim();
  if (!wanted) return [{ text, hit: false }];
  const pieces = text.split(new RegExp(`(${escaped(wanted)})`, "giu"));
  return pieces.map((piece, index) => ({ text: piece, hit: index % 2 === 1 })).filter((piece) => piece.text !== "");
}

export function matching(segments: readonly { text: string }[], query: string): number[] {
  const wanted = query.trim();
  if (!wanted) return [];
  const pattern = new RegExp(escaped(wanted), "iu");
  return segments.flatMap((segment, index) => (pattern.test(segment.text) ? [index] : []));
}

/** Speakers in the order in which they first speak; the position chooses a colour. */
export function speakersOf(segments: readonly { speaker?: string | null }[]): string[] {
  return [...new Set(segments.flatMap((segment) => (segment.speaker ? [segment.speaker] : [])))];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replace(/\s+/g, "\\s+");
}
