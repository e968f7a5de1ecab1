import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronUp } from "lucide-react";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { SwitchButton, SwitchField } from "react-aria-components";
import type { Schema } from "../api/client";
import { marked, matching, segmentAt } from "../logic/segments";
import { clock } from "../logic/time";
import { strings } from "../strings";
import { Button } from "../ui/button";
import { SearchField } from "../ui/fields";
import { useColours, Voices } from "./voices";

const words = strings.video;

type Props = {
  segments: Schema["Segment"][];
  second: number;
  query: string;
  onQuery: (query: string) => void;
  onPlay: (second: number) => void;
};

/** Follows playback unless somebody reads elsewhere; hours of it scroll, as only lines in sight are in the page. */
export function Transcript({ segments, second, query, onQuery, onPlay }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const [hit, setHit] = useState(0);
  const hits = useMemo(() => matching(segments, query), [segments, query]);
  const colours = useColours(segments);
  const active = segmentAt(segments, second);
  const lines = useVirtualizer({ count: segments.length, getScrollElement: () => box.current, estimateSize: () => 56, overscan: 8, useFlushSync: false });

  useEffect(() => {
    if (following && !query && active >= 0) lines.scrollToIndex(active, { align: "center" });
  }, [active, following, query, lines]);
  useEffect(() => setHit(0), [query]);
  useEffect(() => {
    const line = hits[hit];
    if (line !== undefined) lines.scrollToIndex(line, { align: "center" });
  }, [hit, hits, lines]);

  const step = (by: number) => setHit((at) => (at + by + hits.length) % hits.length);
  return (
    <div className="flex h-full min-h-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <SearchField label={words.search} value={query} onChange={onQuery} className="min-w-40 flex-1" />
        {query ? (
          <span className="flex items-center text-xs text-muted">
            <span role="status">{hits.length ? `${hit + 1} / ${words.hits(hits.length)}` : words.hits(0)}</span>
            <Button kind="quiet" aria-label={words.previous} isDisabled={!hits.length} onPress={() => step(-1)}>
              <ChevronUp aria-hidden className="size-4" />
            </Button>
            <Button kind="quiet" aria-label={words.next} isDisabled={!hits.length} onPress={() => step(1)}>
              <ChevronDown aria-hidden className="size-4" />
            </Button>
          </span>
        ) : (
          <Follow on={following} onChange={setFollowing} />
        )}
      </div>
      <Voices segments={segments} onPlay={onPlay} />
      <div
        ref={box}
        tabIndex={0}
        role="region"
        aria-label={words.transcript}
        onWheel={() => setFollowing(false)}
        onTouchMove={() => setFollowing(false)}
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain"
      >
        <ol className="relative" style={{ height: lines.getTotalSize() }}>
          {lines.getVirtualItems().map(({ index, key, start }) => (
            <li
              key={key}
              ref={lines.measureElement}
              data-index={index}
              className="absolute inset-x-0 top-0 py-0.5"
              style={{ transform: `translateY(${start}px)` }}
            >
              <Line
                segment={segments[index]!}
                named={segments[index]!.speaker !== segments[index - 1]?.speaker}
                colour={colours.get(segments[index]!.speaker ?? "") ?? ""}
                active={index === active}
                found={hits[hit] === index}
                query={query}
                onPlay={onPlay}
              />
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

type LineProps = {
  segment: Schema["Segment"];
  named: boolean;
  colour: string;
  active: boolean;
  found: boolean;
  query: string;
  onPlay: (second: number) => void;
};

const Line = memo(function Line({ segment, named, colour, active, found, query, onPlay }: LineProps) {
  return (
    <button
      type="button"
      aria-current={active ? "true" : undefined}
      onClick={() => onPlay(segment.start)}
      className={`flex w-full gap-3 rounded-lg px-2 py-1.5 text-left text-sm hover:bg-raised focus-visible:outline-offset-[-2px] ${active ? "bg-accent-soft" : ""} ${found ? "ring-2 ring-accent ring-inset" : ""}`}
    >
      <span className="w-10 shrink-0 pt-0.5 text-xs text-muted tabular-nums">{clock(segment.start)}</span>
      <span className="min-w-0">
        {named && segment.speaker && <span className={`block text-xs font-semibold ${colour}`}>{segment.speaker}</span>}
        <span className="leading-relaxed break-words">
          {marked(segment.text, query).map((piece, index) => (piece.hit ? <mark key={index}>{piece.text}</mark> : piece.text))}
        </span>
      </span>
    </button>
  );
});

function Follow({ on, onChange }: { on: boolean; onChange: (on: boolean) => void }) {
  return (
    <SwitchField isSelected={on} onChange={onChange}>
      <SwitchButton className="group flex cursor-pointer items-center gap-2 text-xs text-muted">
        <span className="h-4 w-7 rounded-full bg-strong p-0.5 transition-colors group-data-[selected]:bg-accent-fill">
          <span className="block size-3 rounded-full bg-white transition-transform group-data-[selected]:translate-x-3" />
        </span>
        {words.follow}
      </SwitchButton>
    </SwitchField>
  );
}
