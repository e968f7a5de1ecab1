import { ListTodo, Milestone } from "lucide-react";
import { useId } from "react";
import type { Schema } from "../api/client";
import { clock } from "../logic/time";
import { strings } from "../strings";
import { Empty } from "../ui/states";
import { Still } from "../ui/still";
import { useDone } from "./done";

const words = strings.video;

type Play = (second: number) => void;

export function Moment({ second, onPlay }: { second: number; onPlay: Play }) {
  return (
    <button
      type="button"
      aria-label={words.play(clock(second))}
      onClick={() => onPlay(second)}
      className="min-h-6 rounded bg-accent-soft px-1.5 text-xs font-medium text-accent tabular-nums hover:underline"
    >
      {clock(second)}
    </button>
  );
}

export function Chapters({ video, chapters, onPlay }: { video: string; chapters: Schema["ChapterInfo"][]; onPlay: Play }) {
  if (!chapters.length) return <Empty icon={Milestone} title={words.noChapters} />;
  return (
    <ol className="flex flex-col">
      {chapters.map((chapter) => (
        <li key={chapter.start} className="border-b border-line last:border-0">
          <button type="button" onClick={() => onPlay(chapter.start)} className="group flex w-full items-center gap-3 py-2 text-left text-sm">
            <Still video={video} second={(chapter.start + chapter.end) / 2} className="w-24" />
            <span className="min-w-0 flex-1 font-medium break-words group-hover:text-accent">{chapter.title}</span>
            <span className="text-xs text-muted tabular-nums">{clock(chapter.start)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

type ItemsProps = { video: string; items: Schema["ActionItemInfo"][]; onPlay: Play };

export function ActionItems({ video, items, onPlay }: ItemsProps) {
  const [done, tick] = useDone(video);
  if (!items.length) return <Empty icon={ListTodo} title={words.noActions} hint={words.noActionsHint} />;
  return (
    <>
      <ul className="flex flex-col">
        {items.map((item) => {
          const name = `${item.time} ${item.text}`;
          return <ActionItem key={name} item={item} done={done.has(name)} onDone={(now) => tick(name, now)} onPlay={onPlay} />;
        })}
      </ul>
      <p className="mt-3 text-xs text-muted">{words.doneWhere}</p>
    </>
  );
}

type ItemProps = { item: Schema["ActionItemInfo"]; done: boolean; onDone: (done: boolean) => void; onPlay: Play };

function ActionItem({ item, done, onDone, onPlay }: ItemProps) {
  const id = useId();
  return (
    <li className="flex gap-3 border-b border-line py-3 text-sm last:border-0">
      <input id={id} type="checkbox" checked={done} onChange={(event) => onDone(event.target.checked)} className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0">
        <label htmlFor={id} className={`font-medium break-words ${done ? "text-muted line-through" : ""}`}>
          {item.text}
        </label>
        <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
          <Moment second={item.time} onPlay={onPlay} />
          {item.owner && <span>{words.owner}: {item.owner}</span>}
          {item.due && <span>{words.due}: {item.due}</span>}
        </p>
        {item.quote.text !== item.text && (
          <blockquote className="mt-2 border-l-2 border-line pl-3 text-muted">{item.quote.text}</blockquote>
        )}
      </div>
    </li>
  );
}
