import { useMemo } from "react";
import type { Schema } from "../api/client";
import { voices, type Voice } from "../logic/speakers";
import { clock } from "../logic/time";
import { strings } from "../strings";

const words = strings.video;
/** Told apart by hue, readable on both themes; names stand beside them, so colour never speaks alone. */
const COLOURS = [
  ["text-voice-1", "bg-voice-1"],
  ["text-voice-2", "bg-voice-2"],
  ["text-voice-3", "bg-voice-3"],
  ["text-voice-4", "bg-voice-4"],
  ["text-voice-5", "bg-voice-5"],
  ["text-voice-6", "bg-voice-6"],
] as const;

const colourOf = (index: number) => COLOURS[index % COLOURS.length]!;

/** The class of each speaker's colour, by name. */
export function useColours(segments: Schema["Segment"][]): ReadonlyMap<string, string> {
  return useMemo(() => new Map(voices(segments).map(({ name }, index) => [name, colourOf(index)[0]])), [segments]);
}

/** Who speaks and for how long; each leads to their first words. */
export function Voices({ segments, onPlay }: { segments: Schema["Segment"][]; onPlay: (second: number) => void }) {
  const all = useMemo(() => voices(segments), [segments]);
  if (!all.length) return null;
  return (
    <section aria-label={words.speakers} className="flex flex-col gap-2">
      <div aria-hidden className="flex h-1.5 gap-px overflow-hidden rounded-full">
        {all.map(({ name, share }, index) => (
          <span key={name} className={colourOf(index)[1]} style={{ width: `${share * 100}%` }} />
        ))}
      </div>
      <ul className="flex flex-wrap gap-x-4 gap-y-1">
        {all.map((voice, index) => (
          <li key={voice.name}>
            <Chip voice={voice} colour={colourOf(index)[1]} onPlay={onPlay} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Chip({ voice: { name, share, first }, colour, onPlay }: { voice: Voice; colour: string; onPlay: (second: number) => void }) {
  return (
    <button type="button" title={words.firstWords(name, clock(first))} onClick={() => onPlay(first)} className="flex min-h-6 items-center gap-1.5 text-xs hover:underline">
      <span aria-hidden className={`size-2.5 rounded-full ${colour}`} />
      <span className="font-medium">{name}</span>
      <span className="text-muted tabular-nums">{Math.round(share * 100)} %</span>
    </button>
  );
}
