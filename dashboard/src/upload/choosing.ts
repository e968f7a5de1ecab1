/** Which of the chosen files are sent, with which captions beside them, and why others are not: before a byte leaves. */

export const MEDIA = ["mp4", "mov", "avi", "mkv", "webm", "m4v", "mp3", "wav", "m4a", "flac", "ogg"] as const;
export const CAPTIONS = ["vtt", "srt"] as const;
export const MOST_BYTES = 20 * 1024 ** 3;

export type Reason = "kind" | "empty" | "large" | "lone";
type Named = { name: string; size: number };

export type Chosen<F extends Named> = {
  taken: { media: F; captions: F | null }[];
  refused: { file: F; reason: Reason }[];
};

/** Captions go with the media file of the same name: `talk.vtt` or `talk.en.vtt` with `talk.mp4`. */
export function choose<F extends Named>(files: readonly F[]): Chosen<F> {
  const captions = files.filter(({ name }) => isOne(CAPTIONS, name));
  const checked = files.filter((file) => !captions.includes(file)).map((file) => ({ file, reason: refusedFor(file) }));
  const taken = checked
    .filter(({ reason }) => reason === null)
    .map(({ file }) => ({ media: file, captions: captions.find((each) => belongs(each, file)) ?? null }));
  const paired = new Set(taken.map((each) => each.captions));
  return {
    taken,
    refused: [
      ...checked.flatMap(({ file, reason }) => (reason ? [{ file, reason }] : [])),
      ...captions.filter((file) => !paired.has(file)).map((file) => ({ file, reason: "lone" as const })),
    ],
  };
}

export function titleOf(name: string): string {
  return stem(name).replace(/[_\s]+/g, " ").trim() || name;
}

function refusedFor({ name, size }: Named): Reason | null {
  if (!isOne(MEDIA, name)) return "kind";
  if (size === 0) return "empty";
  return size > MOST_BYTES ? "large" : null;
}

function belongs(captions: Named, media: Named): boolean {
  const name = stem(captions.name);
  return name === stem(media.name) || name.replace(/\.[a-z]{2,3}(-\w+)?$/i, "") === stem(media.name);
}

function isOne(suffixes: readonly string[], name: string): boolean {
  return name.includes(".") && suffixes.includes(name.split(".").at(-1)!.toLowerCase());
}

function stem(name: string): string {
  return name.replace(/\.[^.]*$/, "");
}
