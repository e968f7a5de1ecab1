/** Who speaks in a transcript, how long, and in which colour. */

export type Speech = { start: number; end: number; speaker?: string | null };

export type Voice = {
  name: string;
  /** Where they first speak, in seconds. */
  first: number;
  /** Their part (0..1) of all that is spoken by somebody with a name. */
  share: number;
};

/** In the order in which they first speak: the position chooses a colour. */
export function voices(segments: readonly Speech[]): Voice[] {
  const spoken = new Map<string, { first: number; seconds: number }>();
  for (const { start, end, speaker } of segments) {
    if (!speaker) continue;
    const known = spoken.get(speaker) ?? { first: start, seconds: 0 };
    spoken.set(speaker, { ...known, seconds: known.seconds + Math.max(0, end - start) });
  }
  const all = [...spoken.values()].reduce((sum, { seconds }) => sum + seconds, 0);
  return [...spoken].map(([name, { first, seconds }]) => ({ name, first, share: all ? seconds / all : 0 }));
}
