import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ProgressBar } from "react-aria-components";
import { api, body, type Schema } from "../api/client";
import { hasEnded, job as jobOf, jobCosts } from "../api/queries";
import { dollars } from "../logic/sizes";
import { ago, between, span } from "../logic/time";
import { strings } from "../strings";
import { Button, buttonClass } from "../ui/button";
import { Confirmed } from "../ui/confirmed";
import { useNow } from "../ui/now";
import { Page, Panel } from "../ui/page";
import { Select } from "../ui/fields";
import { Asked, Failure, Loading } from "../ui/states";
import { rerunnable } from "./stages";
import { JobState } from "./state";
import { Timeline } from "./timeline";

const words = strings.jobs;
const route = getRouteApi("/jobs/$jobId");

type Job = Schema["JobStatusResponse"];

export function JobPage() {
  const { jobId } = route.useParams();
  const query = useQuery(jobOf(jobId));
  return (
    <Asked query={query} loading={<Loading className="m-6 h-80" />} otherwise={(error) => <Page title={words.title}><Failure error={error} onRetry={() => void query.refetch()} /></Page>}>
      {(job) => <Shown job={job} />}
    </Asked>
  );
}

function Shown({ job }: { job: Job }) {
  const live = !hasEnded(job.status);
  const now = useNow(1000, live);
  const steering = useSteering(job.job_id);
  return (
    <Page
      title={job.title ?? job.filename}
      lead={
        <span className="flex flex-wrap items-center gap-2">
          <JobState status={job.status} />
          {words.began} {ago(job.created_at, now)}
        </span>
      }
      actions={<Actions job={job} steering={steering} />}
    >
      {steering.error && <Failure error={steering.error} />}
      {job.error && <Reason error={job.error} />}
      {live && <Progress job={job} />}
      {job.resumes_at && <p className="text-sm text-warn">{words.resumes(ago(job.resumes_at, now))}</p>}
      <div className="grid gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(16rem,1fr)]">
        <Panel title={words.timeline}>
          <Timeline stages={job.stages} now={now} live={live} />
        </Panel>
        <div className="flex flex-col gap-5">
          <Facts job={job} now={now} />
          <Costs id={job.job_id} ended={!live} />
          {job.notes.length > 0 && (
            <Panel title={words.notes}>
              <ul className="list-disc pl-5 text-sm">
                {job.notes.map((note) => (
                  <li key={note} className="break-words">{note}</li>
                ))}
              </ul>
            </Panel>
          )}
        </div>
      </div>
    </Page>
  );
}

type Order = { order: "cancel" } | { order: "retry" } | { order: "rerun"; stage: NonNullable<Schema["RerunRequest"]["stage"]> };

function useSteering(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wanted: Order) => give(id, wanted),
    onSuccess: (job) => queries.setQueryData(jobOf(id).queryKey, job),
    // Whatever the refusal, the job may have moved since it was last looked at.
    onSettled: () => queries.invalidateQueries({ queryKey: ["job", id] }),
  });
}

function give(id: string, wanted: Order): Promise<Job> {
  const params = { path: { job_id: id } };
  switch (wanted.order) {
    case "cancel":
      return body(api.POST("/api/v1/jobs/{job_id}/cancel", { params }));
    case "retry":
      return body(api.POST("/api/v1/jobs/{job_id}/retry", { params }));
    case "rerun":
      return body(api.POST("/api/v1/jobs/{job_id}/rerun", { params, body: { stage: wanted.stage } }));
  }
}

function Actions({ job, steering }: { job: Job; steering: ReturnType<typeof useSteering> }) {
  const stages = rerunnable(job.stages);
  const named = stages.map((stage) => [stage, words.stages[stage] ?? stage] as const);
  const choices = Object.fromEntries<string>([["none", `${words.rerun} …`], ...named]);
  return (
    <>
      {job.video_id && isFilm(job) && (
        <Link to="/videos/$videoId" params={{ videoId: job.video_id }} className={buttonClass("primary")}>
          {words.watch}
        </Link>
      )}
      {job.status === "failed" && (
        <Button kind="primary" isDisabled={steering.isPending} onPress={() => steering.mutate({ order: "retry" })}>
          {words.retry}
        </Button>
      )}
      {job.status === "completed" && stages.length > 0 && (
        <Select<string>
          label={words.rerun}
          value="none"
          options={choices}
          onChange={(stage) => {
            const chosen = stages.find((each) => each === stage);
            if (chosen) steering.mutate({ order: "rerun", stage: chosen });
          }}
        />
      )}
      {!hasEnded(job.status) && (
        <Confirmed
          trigger={words.cancel}
          title={words.cancelAsk}
          text={words.cancelWhat}
          yes={words.cancel}
          no={words.keep}
          onYes={() => steering.mutate({ order: "cancel" })}
        />
      )}
    </>
  );
}

/** Whether there is something to watch: the file has been found to be a film, by this job or one before it. */
function isFilm({ status, stages }: Job): boolean {
  return status === "completed" || stages.some((each) => each.stage === "probe" && each.status === "completed");
}

function Reason({ error }: { error: Schema["ErrorInfo"] }) {
  return (
    <div className="rounded-xl border border-line bg-bad-soft p-4 text-sm">
      <h2 className="text-bad">{words.failed}</h2>
      <p className="mt-1 break-words">{error.message}</p>
      {error.hint && <p className="mt-1 font-medium">{error.hint}</p>}
      <p className="mt-1 text-xs text-muted">
        {strings.states.reference}: <code>{error.code}</code>
      </p>
    </div>
  );
}

function Progress({ job }: { job: Job }) {
  const stage = words.stages[job.current_stage] ?? job.current_stage;
  return (
    <ProgressBar aria-label={words.progress} value={job.progress * 100} className="flex flex-col gap-1.5">
      {({ percentage = 0, valueText }) => (
        <>
          <span className="flex justify-between text-sm">
            <span>{stage}</span>
            <span className="text-muted tabular-nums">{valueText}</span>
          </span>
          <span className="h-2 overflow-hidden rounded-full bg-line">
            <span className="block h-full rounded-full bg-accent-fill transition-[width] duration-700" style={{ width: `${percentage}%` }} />
          </span>
        </>
      )}
    </ProgressBar>
  );
}

function Facts({ job, now }: { job: Job; now: number }) {
  const facts: [string, string][] = [[words.file, job.filename]];
  if (job.started_at) facts.push([hasEnded(job.status) ? words.took : words.takes, span(between(job.started_at, job.finished_at, now))]);
  return (
    <Panel title={words.facts}>
      <dl className="flex flex-col gap-2 text-sm">
        {facts.map(([name, value]) => (
          <div key={name} className="flex justify-between gap-3">
            <dt className="shrink-0 text-muted">{name}</dt>
            <dd className="min-w-0 text-right break-all tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Costs({ id, ended }: { id: string; ended: boolean }) {
  const query = useQuery({ ...jobCosts(id), enabled: ended });
  if (!ended) return null;
  return (
    <Panel title={words.cost}>
      <Asked query={query} loading={<Loading className="h-5" />}>
        {(costs) =>
          costs.lines.length ? (
            <dl className="flex flex-col gap-2 text-sm">
              {costs.lines.map((line) => (
                <div key={`${line.service} ${line.model}`} className="flex justify-between gap-3">
                  <dt className="min-w-0 break-words text-muted">{line.model}</dt>
                  <dd className="tabular-nums">{dollars(line.usd)}</dd>
                </div>
              ))}
            </dl>
          ) : (
            <p className="text-sm text-muted">{words.noCost}</p>
          )
        }
      </Asked>
    </Panel>
  );
}
