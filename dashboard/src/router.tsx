import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { ROOT } from "./api/client";
import type { JobFilter, VideoFilter } from "./api/queries";
import { Shell } from "./shell/shell";
import { strings } from "./strings";
import { buttonClass } from "./ui/button";
import { Page } from "./ui/page";
import { Empty, Failure, Loading } from "./ui/states";

type Search = Record<string, unknown>;

/** What stands in an address may be anything: a text, or nothing. */
const text = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" ? String(value) || undefined : undefined;

const one = <T extends string>(value: unknown, known: readonly T[]): T | undefined => known.find((each) => each === value);

const second = (value: unknown): number | undefined => {
  const at = Number.parseFloat(String(value));
  return Number.isFinite(at) && at >= 0 ? at : undefined;
};

const SORTS = ["-created_at", "created_at", "title", "-title", "duration", "-duration"] as const;

export type LibrarySearch = VideoFilter & { view?: "grid" | "table" | undefined };
/** `video`: the ids of those that are asked, with commas between them; none: all. */
export type AskSearch = { q?: string | undefined; video?: string | undefined };
export type JobsSearch = { q?: string | undefined; status?: NonNullable<JobFilter["status"]>[number] | undefined };

const root = createRootRoute({ component: Shell, notFoundComponent: Missing });

const library = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: (search: Search): LibrarySearch => ({
    q: text(search["q"]),
    sort: one(search["sort"], SORTS),
    indexed: typeof search["indexed"] === "boolean" ? search["indexed"] : undefined,
    language: text(search["language"]),
    date_from: text(search["date_from"]),
    date_to: text(search["date_to"]),
    view: one(search["view"], ["grid", "table"] as const),
  }),
  component: lazyRouteComponent(() => import("./library/page"), "LibraryPage"),
});

const video = createRoute({
  getParentRoute: () => root,
  path: "/videos/$videoId",
  validateSearch: (search: Search): { t?: number | undefined; q?: string | undefined } => ({
    t: second(search["t"]),
    q: text(search["q"]),
  }),
  component: lazyRouteComponent(() => import("./video/page"), "VideoPage"),
});

const ask = createRoute({
  getParentRoute: () => root,
  path: "/ask",
  validateSearch: (search: Search): AskSearch => ({
    q: text(search["q"]),
    video: text(search["video"]),
  }),
  component: lazyRouteComponent(() => import("./ask/page"), "AskPage"),
});

const jobs = createRoute({
  getParentRoute: () => root,
  path: "/jobs",
  validateSearch: (search: Search): JobsSearch => ({
    q: text(search["q"]),
    status: one(search["status"], ["queued", "processing", "completed", "failed"] as const),
  }),
  component: lazyRouteComponent(() => import("./jobs/list-page"), "JobsPage"),
});

const job = createRoute({
  getParentRoute: () => root,
  path: "/jobs/$jobId",
  component: lazyRouteComponent(() => import("./jobs/page"), "JobPage"),
});

const upload = createRoute({
  getParentRoute: () => root,
  path: "/upload",
  component: lazyRouteComponent(() => import("./upload/page"), "UploadPage"),
});

const operations = createRoute({
  getParentRoute: () => root,
  path: "/operations",
  component: lazyRouteComponent(() => import("./operations/page"), "OperationsPage"),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("./settings/page"), "SettingsPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([library, video, ask, jobs, job, upload, operations, settings]),
  basepath: ROOT.pathname,
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultPendingComponent: () => <Loading className="m-6 h-64" />,
  defaultErrorComponent: ({ error, reset }) => (
    <div className="p-6">
      <Failure error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />
    </div>
  ),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

function Missing() {
  return (
    <Page title={strings.states.missing}>
      <Empty icon={Compass} hint={strings.states.missingHint}>
        <Link to="/" className={buttonClass("primary")}>
          {strings.states.home}
        </Link>
      </Empty>
    </Page>
  );
}
