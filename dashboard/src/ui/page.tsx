import { useEffect, type ReactNode } from "react";
import { strings } from "../strings";

type Props = {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  /** A column to read, not a width to fill. */
  narrow?: boolean;
  children: ReactNode;
};

export function Page({ title, lead, actions, narrow = false, children }: Props) {
  useTitle(title);
  return (
    <div className={`mx-auto flex w-full flex-col gap-5 px-4 py-6 sm:px-6 ${narrow ? "max-w-3xl" : "max-w-7xl"}`}>
      <header className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h1 className="break-words">{title}</h1>
          {lead && <div className="mt-1 text-sm text-muted">{lead}</div>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Panel({ title, children, className = "" }: { title?: string; children: ReactNode; className?: string }) {
  return (
    <section aria-label={title} className={`rounded-xl border border-line bg-surface p-4 ${className}`}>
      {title && <h2 className="mb-3">{title}</h2>}
      {children}
    </section>
  );
}

function useTitle(title: string) {
  useEffect(() => {
    document.title = `${title} · ${strings.product}`;
  }, [title]);
}
