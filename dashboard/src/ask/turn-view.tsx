import { Check, Copy, MessageCircleOff } from "lucide-react";
import { useState } from "react";
import { Button as AriaButton, Tooltip, TooltipTrigger } from "react-aria-components";
import type { Schema } from "../api/client";
import { copied } from "../logic/citing";
import { clock } from "../logic/time";
import { strings } from "../strings";
import { Button } from "../ui/button";
import { Failure } from "../ui/states";
import { Still } from "../ui/still";
import type { Turn } from "./turn";

const words = strings.ask;

/** A moment of a video; a new object asks to play it again. */
export type Place = { video: string; second: number };

type Play = (place: Place) => void;
type Props = { turn: Turn; onPlay: Play; onRetry: () => void };

export function TurnView({ turn, onPlay, onRetry }: Props) {
  return (
    <article className="flex flex-col gap-3">
      <h2 className="text-lg break-words">{turn.query}</h2>
      {turn.understood && <p className="text-sm text-muted">{words.understood(turn.understood)}</p>}
      <Said turn={turn} onPlay={onPlay} />
      {(turn.state === "looking" || turn.state === "writing") && (
        <p role="status" className="animate-pulse text-sm text-muted">
          {turn.state === "looking" ? words.looking : words.writing} …
        </p>
      )}
      {turn.error && <Failure error={turn.error} onRetry={onRetry} />}
      {turn.notes.map((note) => (
        <p key={note} className="text-sm text-muted">
          {note}
        </p>
      ))}
      {turn.citations.length > 0 && <Sources citations={turn.citations} onPlay={onPlay} />}
      {turn.state === "done" && turn.answer !== null && <CopyButton turn={turn} />}
      {turn.state === "done" && turn.answer === null && <Unanswered turn={turn} onPlay={onPlay} />}
    </article>
  );
}

function Said({ turn, onPlay }: { turn: Turn; onPlay: Play }) {
  if (!turn.claims.length) return turn.answer && <p className="leading-relaxed whitespace-pre-line">{turn.answer}</p>;
  const numbered = new Map(turn.citations.map((each) => [each.number, each]));
  return (
    <div aria-live="polite" className="flex flex-col gap-2 leading-relaxed">
      {turn.claims.map((claim, index) => (
        <p key={index} className="break-words">
          {claim.text}
          {"\u00a0"}
          {claim.citations.map((number) => {
            const citation = numbered.get(number);
            return citation && <Mark key={number} citation={citation} onPlay={onPlay} />;
          })}
        </p>
      ))}
    </div>
  );
}

function Mark({ citation, onPlay }: { citation: Schema["CitationInfo"]; onPlay: Play }) {
  return (
    <TooltipTrigger delay={200}>
      <AriaButton
        aria-label={words.cite(citation.number, citation.title, clock(citation.start))}
        onPress={() => onPlay({ video: citation.video_id, second: citation.start })}
        className="mr-1 inline-flex min-h-6 min-w-6 items-center justify-center rounded-md bg-accent-soft px-1 text-xs font-semibold text-accent tabular-nums hover:underline"
      >
        {citation.number}
      </AriaButton>
      <Tooltip offset={6} className="flex w-72 flex-col gap-2 rounded-xl border border-line bg-surface p-2.5 text-sm shadow-xl">
        <Still video={citation.video_id} second={citation.start} className="w-full" />
        <span className="line-clamp-6">“{citation.quote}”</span>
        <span className="text-xs text-muted">
          {[citation.speaker, citation.title, clock(citation.start)].filter(Boolean).join(" · ")}
        </span>
      </Tooltip>
    </TooltipTrigger>
  );
}

function Sources({ citations, onPlay }: { citations: Schema["CitationInfo"][]; onPlay: Play }) {
  return (
    <section aria-label={words.sources} className="flex flex-col gap-2">
      <h3 className="text-xs font-medium text-muted">{words.sources}</h3>
      <ol className="flex flex-col gap-2">
        {citations.map((each) => (
          <li key={each.number}>
            <Card
              number={each.number}
              place={{ video: each.video_id, second: each.start }}
              text={each.quote}
              about={[each.title, each.speaker]}
              onPlay={onPlay}
            />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Unanswered({ turn: { unsaid, results }, onPlay }: { turn: Turn; onPlay: Play }) {
  return (
    <section className="flex flex-col gap-2">
      <p className="flex items-center gap-2 font-medium">
        <MessageCircleOff aria-hidden className="size-5 text-muted" />
        {unsaid ?? words.unanswered}
      </p>
      {results.length > 0 && <h3 className="text-xs font-medium text-muted">{words.nearest}</h3>}
      <ol className="flex flex-col gap-2">
        {results.map((each) => (
          <li key={each.chunk.id}>
            <Card
              place={{ video: each.video.id, second: each.start }}
              text={each.chunk.text}
              about={[each.video.title, ...each.speakers]}
              onPlay={onPlay}
            />
          </li>
        ))}
      </ol>
    </section>
  );
}

type CardProps = { number?: number; place: Place; text: string; about: (string | null)[]; onPlay: Play };

function Card({ number, place, text, about, onPlay }: CardProps) {
  return (
    <button
      type="button"
      onClick={() => onPlay({ ...place })}
      className="group flex w-full items-start gap-3 rounded-xl border border-line bg-surface p-3 text-left text-sm transition-colors hover:border-accent"
    >
      {number !== undefined && <span className="w-4 shrink-0 text-center font-semibold text-accent tabular-nums">{number}</span>}
      <span className="relative w-28 shrink-0 max-sm:w-20">
        <Still {...place} className="w-full" />
        <span className="absolute right-1 bottom-1 rounded bg-black/80 px-1 text-[0.65rem] text-white tabular-nums">{clock(place.second)}</span>
      </span>
      <span className="min-w-0">
        <span className="line-clamp-3 break-words">{text}</span>
        <span className="mt-1 block text-xs text-muted tabular-nums">{about.filter(Boolean).join(" · ")}</span>
      </span>
    </button>
  );
}

function CopyButton({ turn }: { turn: Turn }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(copied(turn.claims, turn.answer, turn.citations));
    setDone(true);
  };
  const Icon = done ? Check : Copy;
  return (
    <Button kind="quiet" className="self-start" onPress={() => void copy()}>
      <Icon aria-hidden className="size-4" />
      {done ? words.copied : words.copy}
    </Button>
  );
}
