import { useQuery } from "@tanstack/react-query";
import { playback } from "../api/queries";
import { stillAt } from "../logic/stills";

type Props = { video: string; second: number; className?: string };

/** What the film shows about then; a quiet place where it shows nothing. */
export function Still({ video, second, className = "" }: Props) {
  const { data } = useQuery(playback(video));
  const url = data && (stillAt(data.thumbnails, second)?.url ?? data.poster_url);
  return (
    <span className={`block aspect-video shrink-0 overflow-hidden rounded-md bg-raised ${className}`}>
      {url && <img src={url} alt="" decoding="async" className="size-full object-cover" />}
    </span>
  );
}
