import Markdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import type { Schema } from "../api/client";
import { secondIn } from "./links";

/** The summary's Markdown: no HTML in it is ever taken as such, and links to this video's moments play here. */
export function SummaryText({ summary, onPlay }: { summary: Schema["SummaryResponse"]; onPlay: (second: number) => void }) {
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
