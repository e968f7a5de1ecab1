import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { SearchX, Workflow } from "lucide-react";
import { useCallback } from "react";
import type { Schema } from "../api/client";
import { jobs } from "../api/queries";
import { ago } from "../logic/time";
import { strings } from "../strings";
import { Button } from "../ui/button";
import { SearchField, Select } from "../ui/fields";
import { useNow } from "../ui/now";
import { Page } from "../ui/page";
import { Asked, Empty } from "../ui/states";
import { JobState } from "./state";

const words = strings.jobs;
const route = getRouteApi("/jobs");
const MINUTE = 60_000;

export function JobsPage() {
  const { q, status } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(jobs({ q, status: status && [status] }));
  const look = useCallback(
    (next: string) => void navigate({ search: (search) => ({ ...search, q: next || undefined }), replace: true }),
    [navigate],
  );
  return (
    <Page title={words.title}>
      <div className="flex flex-wrap gap-2">
        <SearchField label={words.search} value={q ?? ""} onChange={look} className="min-w-60 flex-1" />
        <Select
          label={words.state}
          value={status ?? "any"}
          options={{ any: words.any, ...words.states }}
          onChange={(next) => void navigate({ search: (search) => ({ ...search, status: next === "any" ? undefined : next }), replace: true })}
        />
      </div>
      <Asked query={query}>
        {({ pages }) => <Listed items={pages.flatMap((page) => page.items)} filtered={Boolean(q ?? status)} />}
      </Asked>
      {query.hasNextPage && (
        <Button className="self-center" isDisabled={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {strings.states.more}
        </Button>
      )}
    </Page>
  );
}

function Listed({ items, filtered }: { items: Schema["JobInfo"][]; filtered: boolean }) {
  const now = useNow(MINUTE);
  if (!items.length)
    return filtered ? (
      <Empty icon={SearchX} title={words.none} hint={words.noneHint} />
    ) : (
      <Empty icon={Workflow} title={words.empty} hint={words.emptyHint} />
    );
  return (
    <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
      {items.map((job) => (
        <li key={job.job_id}>
          <Link
            to="/jobs/$jobId"
            params={{ jobId: job.job_id }}
            className="flex items-start gap-4 px-4 py-3 text-sm hover:bg-raised focus-visible:outline-offset-[-2px]"
          >
            <span className="w-20 shrink-0">
              <JobState status={job.status} />
            </span>
            <span className="min-w-0 flex-1">
              <span className="block font-medium break-words">{job.title ?? job.filename}</span>
              <About job={job} />
            </span>
            <time dateTime={job.created_at} className="shrink-0 pt-0.5 text-xs text-muted">
              {ago(job.created_at, now)}
            </time>
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** What there is to know before it is opened: why it failed, or how far it is. */
function About({ job }: { job: Schema["JobInfo"] }) {
  if (job.error) return <span className="mt-0.5 block text-xs break-words text-muted">{job.error.message}</span>;
  if (job.status !== "processing") return null;
  return (
    <span className="mt-1 flex items-center gap-2 text-xs text-muted">
      <span aria-hidden className="h-1 w-32 overflow-hidden rounded-full bg-line">
        <span className="block h-full rounded-full bg-accent-fill" style={{ width: `${job.progress * 100}%` }} />
      </span>
      {words.stages[job.current_stage] ?? job.current_stage} · <span className="tabular-nums">{Math.round(job.progress * 100)} %</span>
    </span>
  );
}
