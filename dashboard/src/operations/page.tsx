import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, type ReactNode } from "react";
import type { Schema } from "../api/client";
import { analytics as analyticsOf, costs as costsOf, jobs } from "../api/queries";
import { dollars } from "../logic/sizes";
import { ago } from "../logic/time";
import { strings } from "../strings";
import { useNow } from "../ui/now";
import { Page, Panel } from "../ui/page";
import { Asked, Loading } from "../ui/states";
import { JobState } from "../jobs/state";
import { QueuesAndLetters } from "./queues";
import { Money, Reasons } from "./summaries";

const words = strings.operations;
const MINUTE = 60_000;
// The library of charts is large, and nobody waits for it to read the figures.
const Days = lazy(() => import("./days"));
const Pace = lazy(() => import("./pace"));

export function OperationsPage() {
  const analytics = useQuery(analyticsOf());
  return (
    <Page title={words.title} lead={words.lead}>
      <div className="grid grid-cols-[repeat(auto-fit,minmax(8rem,1fr))] gap-3">
        <Asked query={analytics} loading={<Loading className="h-20" />}>
          {({ totals }) => <Totals totals={totals} />}
        </Asked>
        <Spent />
      </div>
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <QueuesAndLetters />
      </div>
      <Panel title={words.perDay}>
        <Asked query={analytics}>
          {({ days }) => (
            <Suspense fallback={<Loading className="h-56" />}>
              <Days days={days} />
            </Suspense>
          )}
        </Asked>
      </Panel>
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <Panel title={words.reasons}>
          <Asked query={analytics}>{({ failures }) => <Reasons failures={failures} />}</Asked>
        </Panel>
        <Panel title={words.money}>
          <Money />
        </Panel>
        <Panel title={words.pace} className="lg:col-span-2">
          <Asked query={analytics}>
            {({ days }) => (
              <Suspense fallback={<Loading className="h-40" />}>
                <Pace days={days} />
              </Suspense>
            )}
          </Asked>
        </Panel>
        <Panel title={words.failures}>
          <Moving status={["failed"]} empty={words.noFailures} />
        </Panel>
        <Panel title={words.waiting}>
          <Moving status={["queued", "processing"]} empty={words.idle} />
        </Panel>
        <Panel title={words.gaps} className="lg:col-span-2">
          <Asked query={analytics}>{({ unanswered }) => <Gaps items={unanswered} />}</Asked>
        </Panel>
      </div>
    </Page>
  );
}

function Totals({ totals }: { totals: Schema["Counts"] }) {
  return (
    <>
      <Figure name={words.videos} value={totals.videos} />
      <Figure name={words.hours} value={(totals.video_seconds / 3600).toFixed(1)} />
      <Figure name={words.questions} value={totals.questions} />
      <Figure name={words.unanswered} value={totals.unanswered} />
      <Figure name={words.completed} value={totals.jobs_completed} />
      <Figure name={words.failed} value={totals.jobs_failed} />
    </>
  );
}

function Spent() {
  const costs = useQuery(costsOf());
  return (
    <Asked query={costs} loading={<Loading className="h-20" />}>
      {({ usd, budget }) => (
        <Figure name={words.spent} value={dollars(usd)}>
          {budget.usd_a_day !== null && words.budget(dollars(budget.spent_today), dollars(budget.usd_a_day))}
        </Figure>
      )}
    </Asked>
  );
}

function Figure({ name, value, children }: { name: string; value: ReactNode; children?: ReactNode }) {
  return (
    <div className="rounded-xl border border-line bg-surface p-3">
      <p className="text-xs text-muted">{name}</p>
      <p className="text-2xl font-semibold tabular-nums">{value}</p>
      {children && <p className="text-xs text-muted">{children}</p>}
    </div>
  );
}

function Moving({ status, empty }: { status: Schema["JobStatus"][]; empty: string }) {
  const query = useInfiniteQuery(jobs({ status }));
  const now = useNow(MINUTE);
  return (
    <Asked query={query}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items).slice(0, 8);
        if (!items.length) return <p className="text-sm text-muted">{empty}</p>;
        return (
          <ul className="divide-y divide-line text-sm">
            {items.map((job) => (
              <li key={job.job_id} className="flex items-start gap-3 py-2">
                <Link to="/jobs/$jobId" params={{ jobId: job.job_id }} className="min-w-0 flex-1 hover:text-accent">
                  <span className="block font-medium break-words">{job.title ?? job.filename}</span>
                  {job.error && <span className="block text-xs break-words text-muted">{job.error.message}</span>}
                </Link>
                <span className="text-xs text-muted">{ago(job.updated_at, now)}</span>
                <JobState status={job.status} />
              </li>
            ))}
          </ul>
        );
      }}
    </Asked>
  );
}

function Gaps({ items }: { items: Schema["UnansweredInfo"][] }) {
  if (!items.length) return <p className="text-sm text-muted">{words.gapsEmpty}</p>;
  return (
    <ul className="divide-y divide-line text-sm">
      {items.map((item) => (
        <li key={item.query} className="flex gap-3 py-2">
          <Link to="/ask" search={{ q: item.query }} className="min-w-0 flex-1 break-words hover:text-accent">
            {item.query}
          </Link>
          <span className="text-xs text-muted">{words.times(item.times)}</span>
        </li>
      ))}
    </ul>
  );
}
