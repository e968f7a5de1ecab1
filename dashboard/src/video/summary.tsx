import { ListTodo, Milestone } from "lucide-react";
import Markdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import type { Schema } from "../api/client";
import { clock } from "../logic/time";
import { strings } from "../strings";
import { Empty } from "../ui/states";
import { secondIn } from "./links";

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

/** The summary's Markdown: no HTML in it is ever taken as such, and links to this video's moments play here. */
export function SummaryText({ summary, onPlay }: { summary: Schema["SummaryResponse"]; onPlay: Play }) {
  const components: Components = {
    a: ({ href, children }) => {
      const second = secondIn(href, summary.video_id);
      if (second === null) return <a href={href} rel="noreferrer">{children}</a>;
      return (
        <button type="button" onClick={() => onPlay(second)} className="text-accent underline underline-offset-2">
          {children}
        </button>
      );
    },
    img: () => null,
    // The page has its title; what the summary calls parts are parts of the page.
    h1: () => null,
    h2: ({ children }) => <h3>{children}</h3>,
    h3: ({ children }) => <h4>{children}</h4>,
  };
  return (
    <div className="prose-summary break-words">
      <Markdown remarkPlugins={[remarkGfm]} components={components}>
        {summary.summary_markdown}
      </Markdown>
    </div>
  );
}

export function Chapters({ chapters, onPlay }: { chapters: Schema["ChapterInfo"][]; onPlay: Play }) {
  if (!chapters.length) return <Empty icon={Milestone} title={words.noChapters} />;
  return (
    <ol className="flex flex-col">
      {chapters.map((chapter) => (
        <li key={chapter.start} className="flex items-baseline gap-3 border-b border-line py-2.5 text-sm last:border-0">
          <Moment second={chapter.start} onPlay={onPlay} />
          <span className="min-w-0 break-words">{chapter.title}</span>
        </li>
      ))}
    </ol>
  );
}

export function ActionItems({ items, onPlay }: { items: Schema["ActionItemInfo"][]; onPlay: Play }) {
  if (!items.length) return <Empty icon={ListTodo} title={words.noActions} hint={words.noActionsHint} />;
  return (
    <ul className="flex flex-col gap-3">
      {items.map((item) => (
        <li key={`${item.time} ${item.text}`} className="rounded-lg border border-line p-3 text-sm">
          <p className="font-medium break-words">{item.text}</p>
          <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
            <Moment second={item.time} onPlay={onPlay} />
            {item.owner && <span>{words.owner}: {item.owner}</span>}
            {item.due && <span>{words.due}: {item.due}</span>}
          </p>
          <blockquote className="mt-2 border-l-2 border-line pl-3 text-muted">{item.quote.text}</blockquote>
        </li>
      ))}
    </ul>
  );
}
