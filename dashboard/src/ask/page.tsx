import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { SendHorizontal, Square, X } from "lucide-react";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore, type SubmitEvent } from "react";
import { video as videoOf } from "../api/queries";
import { strings } from "../strings";
import { clock } from "../logic/time";
import { Button, buttonClass } from "../ui/button";
import { TextField } from "../ui/fields";
import { Page } from "../ui/page";
import { Asked, Loading } from "../ui/states";
import { Player, type PlayerHandle } from "../video/player";
import * as conversation from "./conversation";
import { TurnView, type Place } from "./turn-view";

const words = strings.ask;
const route = getRouteApi("/ask");

export function AskPage() {
  const { q, video } = route.useSearch();
  const turns = useSyncExternalStore(conversation.subscribe, conversation.current);
  const [place, setPlace] = useState<Place | null>(null);
  const busy = turns.some((turn) => turn.state === "looking" || turn.state === "writing");
  const ask = useCallback(
    (query: string, narrowed: Narrowed = {}) =>
      void conversation.ask({ query, ...narrowed, ...(video ? { video_ids: [video] } : {}) }),
    [video],
  );
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={turns.length > 0 && <Button onPress={conversation.reset}>{words.again}</Button>}
    >
      <div className={place ? "grid gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(20rem,28rem)]" : "mx-auto w-full max-w-3xl"}>
        <div className="flex min-w-0 flex-col gap-6">
          <div role="log" aria-label={words.title} className="flex flex-col gap-8">
            {turns.map((turn) => (
              <TurnView key={turn.id} turn={turn} onPlay={setPlace} onRetry={() => ask(turn.query)} />
            ))}
          </div>
          <Question asked={q ?? ""} follow={turns.length > 0} busy={busy} onAsk={ask} />
          {video && <Narrowing video={video} />}
        </div>
        {place && <Stage place={place} onClose={() => setPlace(null)} />}
      </div>
    </Page>
  );
}

type Narrowed = { date_from?: string; date_to?: string; speaker_ids?: string[] };
type QuestionProps = { asked: string; follow: boolean; busy: boolean; onAsk: (query: string, narrowed: Narrowed) => void };

function Question({ asked, follow, busy, onAsk }: QuestionProps) {
  const [query, setQuery] = useState(asked);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [speakers, setSpeakers] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!query.trim() || busy) return;
    const names = speakers.split(",").map((name) => name.trim()).filter(Boolean);
    onAsk(query.trim(), { ...(from && { date_from: from }), ...(to && { date_to: to }), ...(names.length && { speaker_ids: names }) });
    setQuery("");
  };
  return (
    <form onSubmit={submit} className="sticky bottom-16 flex flex-col gap-2 rounded-xl border border-line bg-surface p-3 shadow-sm md:bottom-4">
      <div className="flex items-end gap-2">
        <TextField label={follow ? words.follow : words.label} value={query} onChange={setQuery} className="flex-1" autoFocus />
        {busy ? (
          <Button onPress={conversation.stop}>
            <Square aria-hidden className="size-4" />
            {words.stop}
          </Button>
        ) : (
          <Button kind="primary" type="submit" isDisabled={!query.trim()}>
            <SendHorizontal aria-hidden className="size-4" />
            {words.send}
          </Button>
        )}
      </div>
      <details className="text-sm">
        <summary className="cursor-pointer py-1 text-xs text-muted">{words.filters}</summary>
        <div className="mt-2 flex flex-wrap gap-3">
          <TextField label={words.from} type="date" value={from} onChange={setFrom} />
          <TextField label={words.to} type="date" value={to} onChange={setTo} />
          <TextField label={words.speakers} value={speakers} onChange={setSpeakers} className="min-w-48 flex-1" />
        </div>
      </details>
    </form>
  );
}

function Narrowing({ video }: { video: string }) {
  const { data } = useQuery(videoOf(video));
  return (
    <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
      {words.only}: <strong className="text-ink">{data?.title ?? "…"}</strong>
      <Link to="/ask" className="text-accent underline underline-offset-2">
        {words.everywhere}
      </Link>
    </p>
  );
}

/** The film of a citation, beside the answer: another citation of it only moves it. */
function Stage({ place, onClose }: { place: Place; onClose: () => void }) {
  const query = useQuery(videoOf(place.video));
  const player = useRef<PlayerHandle>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    player.current?.play(place.second);
    title.current?.focus();
  }, [place]);
  return (
    <aside aria-label={words.player} className="order-first flex flex-col gap-3 self-start lg:sticky lg:top-6 lg:order-none">
      <div className="flex items-start justify-between gap-2">
        <h2 ref={title} tabIndex={-1} className="min-w-0 break-words outline-none">
          {query.data?.title} <span className="font-normal text-muted tabular-nums">{clock(place.second)}</span>
        </h2>
        <Button kind="quiet" aria-label={words.close} onPress={onClose}>
          <X aria-hidden className="size-4" />
        </Button>
      </div>
      <Asked query={query} loading={<Loading className="aspect-video" />}>
        {(video) => <Player key={video.id} ref={player} video={video} at={place.second} playing />}
      </Asked>
      <Link to="/videos/$videoId" params={{ videoId: place.video }} search={{ t: Math.floor(place.second) }} className={buttonClass()}>
        {words.open}
      </Link>
    </aside>
  );
}
