import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { Link } from "@tanstack/react-router";
import { memo, useRef } from "react";
import type { Schema } from "../api/client";
import { clock } from "../logic/time";
import { strings } from "../strings";
import { useEnd, useTop } from "./scrolling";
import { VideoState } from "./state";

type Props = { items: Schema["VideoInfo"][]; onEnd: () => void };

const ROW = 45;
const words = strings.library;
const CELL = "truncate px-3 py-2.5";
/** Columns that a telephone has no room for. */
const WIDE = "max-sm:hidden";

/** Only rows in sight are in the page; two empty rows hold the place of the others. */
export function VideoTable({ items, onEnd }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const rows = useWindowVirtualizer({ count: items.length, estimateSize: () => ROW, overscan: 12, useFlushSync: false, scrollMargin: useTop(list) });
  const shown = rows.getVirtualItems();
  useEnd(shown.at(-1)?.index, items.length, onEnd);
  const before = (shown[0]?.start ?? rows.options.scrollMargin) - rows.options.scrollMargin;
  const after = rows.getTotalSize() - ((shown.at(-1)?.end ?? 0) - rows.options.scrollMargin);
  return (
    <div ref={list} className="overflow-x-auto rounded-xl border border-line bg-surface">
      <table className="w-full table-fixed text-sm sm:min-w-160" aria-rowcount={items.length + 1}>
        <thead className="border-b border-line text-left text-xs text-muted">
          <tr>
            <th className={CELL}>{words.columns.title}</th>
            <th className={`${CELL} w-20 sm:w-24`}>{words.columns.duration}</th>
            <th className={`${CELL} w-24 ${WIDE}`}>{words.columns.language}</th>
            <th className={`${CELL} w-32 ${WIDE}`}>{words.columns.added}</th>
            <th className={`${CELL} w-36 sm:w-48`}>{words.columns.state}</th>
          </tr>
        </thead>
        <tbody>
          <Space height={before} />
          {shown.map(({ index, key }) => (
            <Row key={key} video={items[index]!} index={index} />
          ))}
          <Space height={after} />
        </tbody>
      </table>
    </div>
  );
}

const Row = memo(function Row({ video, index }: { video: Schema["VideoInfo"]; index: number }) {
  return (
    <tr aria-rowindex={index + 2} className="h-[45px] border-b border-line last:border-0 hover:bg-raised">
      <td className={CELL}>
        <Link to="/videos/$videoId" params={{ videoId: video.id }} className="font-medium hover:text-accent">
          {video.title}
        </Link>
      </td>
      <td className={`${CELL} tabular-nums`}>{video.duration === null ? "" : clock(video.duration)}</td>
      <td className={`${CELL} uppercase ${WIDE}`}>{video.language}</td>
      <td className={`${CELL} ${WIDE}`}>{new Date(video.created_at).toLocaleDateString("en", { dateStyle: "medium" })}</td>
      <td className={CELL}>
        <VideoState video={video} />
      </td>
    </tr>
  );
});

function Space({ height }: { height: number }) {
  return height > 0 ? (
    <tr aria-hidden>
      <td style={{ height }} />
    </tr>
  ) : null;
}
