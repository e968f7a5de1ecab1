import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { Link } from "@tanstack/react-router";
import { AudioLines, Film } from "lucide-react";
import { memo, useRef } from "react";
import type { Schema } from "../api/client";
import { clock } from "../logic/time";
import { strings } from "../strings";
import { VideoState } from "./state";
import { useColumns, useEnd, useTop } from "./scrolling";

type Video = Schema["VideoInfo"];
type Props = { items: Video[]; onEnd: () => void };

const CARD = 240;
const GAP = 20;

/** As many cards in a row as fit; only rows in sight are in the page. */
export function VideoGrid({ items, onEnd }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const columns = useColumns(list, CARD, GAP);
  const rows = useWindowVirtualizer({
    count: Math.ceil(items.length / columns),
    estimateSize: () => 236,
    overscan: 4,
    gap: GAP,
    useFlushSync: false,
    scrollMargin: useTop(list),
  });
  const shown = rows.getVirtualItems();
  useEnd(shown.at(-1)?.index, rows.options.count, onEnd);
  return (
    <div ref={list} role="list" aria-label={strings.library.title} className="relative" style={{ height: rows.getTotalSize() }}>
      {shown.map((row) => (
        <div
          key={row.key}
          ref={rows.measureElement}
          data-index={row.index}
          role="presentation"
          className="absolute inset-x-0 top-0 grid"
          style={{
            gap: GAP,
            gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            transform: `translateY(${row.start - rows.options.scrollMargin}px)`,
          }}
        >
          {items.slice(row.index * columns, (row.index + 1) * columns).map((video) => (
            <Card key={video.id} video={video} />
          ))}
        </div>
      ))}
    </div>
  );
}

/** Drawn once: while the list scrolls, those in sight stay as they are. */
const Card = memo(function Card({ video }: { video: Video }) {
  return (
    <div role="listitem" className="min-w-0">
      <Link to="/videos/$videoId" params={{ videoId: video.id }} className="group flex flex-col gap-2 rounded-xl">
        <Poster video={video} />
        <span className="line-clamp-2 text-sm font-medium break-words group-hover:text-accent">{video.title}</span>
        <span className="flex flex-wrap items-center gap-2 text-xs text-muted">
          <time dateTime={video.created_at}>{new Date(video.created_at).toLocaleDateString("en", { dateStyle: "medium" })}</time>
          {video.language && <span className="uppercase">{video.language}</span>}
          <VideoState video={video} quiet />
        </span>
      </Link>
    </div>
  );
});

function Poster({ video }: { video: Video }) {
  const Icon = video.has_picture === false ? AudioLines : Film;
  return (
    <span className="relative grid aspect-video place-items-center overflow-hidden rounded-xl border border-line bg-raised">
      {video.poster_url ? (
        <img src={video.poster_url} alt="" loading="lazy" decoding="async" className="size-full object-cover" />
      ) : (
        <Icon aria-hidden className="size-8 text-muted" strokeWidth={1.5} />
      )}
      {video.duration !== null && (
        <span className="absolute right-2 bottom-2 rounded bg-black/80 px-1.5 py-0.5 text-xs font-medium text-white tabular-nums">
          {clock(video.duration)}
        </span>
      )}
    </span>
  );
}
