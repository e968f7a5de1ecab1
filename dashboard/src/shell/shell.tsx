import { Link, Outlet } from "@tanstack/react-router";
import { Activity, ListVideo, MessageCircleQuestion, Settings, UploadCloud, Workflow, type LucideIcon } from "lucide-react";
import { useSyncExternalStore } from "react";
import * as session from "../api/session";
import { strings } from "../strings";
import { Connection } from "./connection";
import { KeyForm } from "./key-form";

const PLACES: { to: string; text: string; icon: LucideIcon }[] = [
  { to: "/", text: strings.nav.library, icon: ListVideo },
  { to: "/ask", text: strings.nav.ask, icon: MessageCircleQuestion },
  { to: "/upload", text: strings.nav.upload, icon: UploadCloud },
  { to: "/jobs", text: strings.nav.jobs, icon: Workflow },
  { to: "/operations", text: strings.nav.operations, icon: Activity },
  { to: "/settings", text: strings.nav.settings, icon: Settings },
];

/** Navigation around every page; without a key, the question for one in the page's place. */
export function Shell() {
  const { key, refusal } = useSyncExternalStore(session.subscribe, session.current);
  return (
    <div className="flex min-h-dvh flex-col md:flex-row">
      <a
        href="#content"
        onClick={focusContent}
        className="sr-only z-20 rounded-lg bg-surface p-3 focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        {strings.skip}
      </a>
      <Navigation />
      <main id="content" tabIndex={-1} className="min-w-0 flex-1 pb-20 outline-none md:pb-0">
        <Connection />
        {key ? <Outlet /> : <KeyForm refusal={refusal} />}
      </main>
    </div>
  );
}

function Navigation() {
  return (
    <nav
      aria-label={strings.product}
      className="fixed inset-x-0 bottom-0 z-10 border-t border-line bg-surface md:sticky md:top-0 md:h-dvh md:w-52 md:shrink-0 md:border-t-0 md:border-r md:p-3"
    >
      <p className="hidden items-center gap-2 px-3 py-3 font-semibold tracking-tight md:flex">
        <img src="./icon.svg" alt="" className="size-6" />
        {strings.product}
      </p>
      <ul className="flex justify-around md:flex-col md:gap-0.5">
        {PLACES.map(({ to, text, icon: Icon }) => (
          <li key={to} className="min-w-0 flex-1 md:flex-none">
            <Link
              to={to}
              activeOptions={{ exact: to === "/", includeSearch: false }}
              className="flex flex-col items-center gap-1 rounded-lg px-1 py-2 text-[0.65rem] text-muted hover:bg-raised hover:text-ink data-[status=active]:font-medium data-[status=active]:text-accent md:flex-row md:gap-3 md:px-3 md:text-sm md:data-[status=active]:bg-accent-soft"
            >
              <Icon aria-hidden className="size-5 shrink-0" strokeWidth={1.75} />
              <span className="truncate">{text}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** With a <base>, a bare `#content` would lead to another page. */
function focusContent(event: React.MouseEvent) {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
