import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { MessageCircleQuestion, X } from "lucide-react";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { video as videoOf, videos as videosOf } from "../api/queries";
import { strings } from "../strings";
import { clock } from "../logic/time";
import { Button, buttonClass } from "../ui/button";
import { Page } from "../ui/page";
import { Asked, Loading } from "../ui/states";
import { Player } from "../video/lazy-player";
import type { PlayerHandle } from "../video/player";
import * as conversation from "./conversation";
import { Question, type Wanted } from "./question";
import { WIDE } from "./narrowing";
import { TurnView, type Place } from "./turn-view";

const words = strings.ask;
const route = getRouteApi("/ask");
const OFFERED = 4;

export function AskPage() {
  const { q, video } = route.useSearch();
  const navigate = route.useNavigate();
  const videos = video?.split(",").filter(Boolean) ?? [];
  const turns = useSyncExternalStore(conversation.subscribe, conversation.current);
  const [place, setPlace] = useState<Place | null>(null);
  const busy = turns.some((turn) => turn.state === "looking" || turn.state === "writing");
  const ask = ({ query, date_from, date_to, speakers }: Wanted) =>
    void conversation.ask({
      query,
      ...(date_from && { date_from }),
      ...(date_to && { date_to }),
      ...(speakers.length && { speaker_ids: speakers.map((name) => name.trim()).filter(Boolean) }),
      ...(videos.length && { video_ids: videos }),
    });
  const choose = useCallback(
    (ids: string[]) => void navigate({ search: (search) => ({ ...search, video: ids.join(",") || undefined }), replace: true }),
    [navigate],
  );
  return (
    <Page
      title={words.title}
      lead={words.lead}
      narrow={place === null}
      actions={turns.length > 0 && <Button onPress={() => conversation.reset()}>{words.again}</Button>}
    >
      <div className={place ? "grid gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(20rem,28rem)]" : ""}>
        <div className="flex min-h-[calc(100dvh-13rem)] min-w-0 flex-col gap-6 md:min-h-[calc(100dvh-9rem)]">
          <div role="log" aria-label={words.title} className="flex flex-1 flex-col gap-8">
            {turns.map((turn) => (
              <TurnView key={turn.id} turn={turn} onPlay={setPlace} onRetry={() => ask({ query: turn.query, ...WIDE })} />
            ))}
            {turns.length === 0 && <Beginning chosen={videos} onChoose={choose} />}
          </div>
          <Question asked={q ?? ""} follow={turns.length > 0} busy={busy} videos={videos} onVideos={choose} onAsk={ask} />
        </div>
        {place && <Stage place={place} onClose={() => setPlace(null)} />}
      </div>
    </Page>
  );
}

/** Before the first question: which videos there are to ask. */
function Beginning({ chosen, onChoose }: { chosen: string[]; onChoose: (ids: string[]) => void }) {
  const { data } = useInfiniteQuery(videosOf({ indexed: true }));
  const offered = (data?.pages[0]?.items ?? []).slice(0, OFFERED);
  return (
    <div className="my-auto flex flex-col items-center gap-3 py-10 text-center">
      <span className="grid size-14 place-items-center rounded-2xl bg-accent-soft">
        <MessageCircleQuestion aria-hidden className="size-7 text-accent" strokeWidth={1.75} />
      </span>
      <p className="text-lg font-semibold">{words.begin}</p>
      <p className="max-w-md text-sm text-muted">{chosen.length ? words.beginChosen : data && !offered.length ? words.nothing : words.beginHint}</p>
      {chosen.length === 0 && offered.length > 0 && (
        <ul className="mt-2 flex flex-wrap justify-center gap-2" aria-label={words.only}>
          {offered.map(({ id, title }) => (
            <li key={id}>
              <Button onPress={() => onChoose([id])} className="rounded-full">
                <span className="max-w-56 truncate">{title}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
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
      <div className="flex items-center justify-between gap-2">
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
