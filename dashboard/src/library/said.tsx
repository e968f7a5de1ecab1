import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { said } from "../api/queries";
import { clock } from "../logic/time";
import { strings } from "../strings";
import { Still } from "../ui/still";

const words = strings.library;

/** Where the videos speak of what is searched for: found by meaning, so other words will do. */
export function Said({ query }: { query: string }) {
  const { data } = useQuery(said(query));
  if (!data?.results.length) return null;
  return (
    <section aria-label={words.said} className="flex flex-col gap-3">
      <h2>{words.said}</h2>
      <ol className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,22rem),1fr))] gap-3">
        {data.results.map(({ chunk, video, start, speakers }) => (
          <li key={chunk.id}>
            <Link
              to="/videos/$videoId"
              params={{ videoId: video.id }}
              search={{ t: Math.floor(start) }}
              className="flex h-full items-start gap-3 rounded-xl border border-line bg-surface p-3 text-sm transition-colors hover:border-accent"
            >
              <Still video={video.id} second={start} className="w-24" />
              <span className="min-w-0">
                <span className="line-clamp-3 break-words">{chunk.text}</span>
                <span className="mt-1 block truncate text-xs text-muted tabular-nums">
                  {[video.title, clock(start), ...speakers].join(" · ")}
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
