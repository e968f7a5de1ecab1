import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Check, FileQuestionMark, Hourglass, Link2, MicOff } from "lucide-react";
import { useCallback, useRef, useState, type ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { Refused } from "../api/errors";
import { summary as summaryOf, transcript as transcriptOf, video as videoOf } from "../api/queries";
import { ROOT, type Schema } from "../api/client";
import { clock } from "../logic/time";
import { strings } from "../strings";
import { Badge } from "../ui/badge";
import { Button, buttonClass } from "../ui/button";
import { Page } from "../ui/page";
import { Asked, Empty, Failure, Loading } from "../ui/states";
import { Exports } from "./exports";
import { Player } from "./lazy-player";
import { SummaryText } from "./lazy-summary";
import type { PlayerHandle } from "./player";
import { ActionItems, Chapters } from "./summary";
import { Transcript } from "./transcript";

const words = strings.video;
const route = getRouteApi("/videos/$videoId");
const COPIED = 2_000;

export function VideoPage() {
  const { videoId } = route.useParams();
  const query = useQuery(videoOf(videoId));
  return (
    <Asked query={query} loading={<Waiting />} otherwise={(error) => unknown(error) ?? <Failed error={error} onRetry={() => void query.refetch()} />}>
      {(video) => <Watching key={video.id} video={video} />}
    </Asked>
  );
}

function Watching({ video }: { video: Schema["VideoResponse"] }) {
  const { t, q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const player = useRef<PlayerHandle>(null);
  const [second, setSecond] = useState(t ?? 0);
  const summary = useQuery(summaryOf(video.job_id));
  const transcript = useQuery(transcriptOf(video.id));

  // Half a second is as fine as a line of a transcript; the film's own beat would draw the page for each picture.
  const onTime = useCallback((now: number) => setSecond(Math.floor(now * 2) / 2), []);
  const onQuery = useCallback(
    (next: string) => void navigate({ search: (search) => ({ ...search, q: next || undefined }), replace: true }),
    [navigate],
  );
  const play = useCallback(
    (at: number) => {
      player.current?.play(at);
      void navigate({ search: (search) => ({ ...search, t: at }), replace: true, resetScroll: false });
    },
    [navigate],
  );

  return (
    <Page title={video.title} lead={<Lead video={video} />} actions={<Actions video={video} second={second} />}>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(20rem,2fr)] lg:grid-rows-[auto_1fr]">
        <div className="min-w-0">
          <Player ref={player} video={video} chapters={summary.data?.chapters ?? []} at={t} onTime={onTime} />
        </div>
        <section aria-label={words.transcript} className="flex h-[60vh] flex-col rounded-xl border border-line bg-surface p-3 lg:sticky lg:top-4 lg:row-span-2 lg:h-[calc(100dvh-8rem)]">
          <Asked query={transcript} otherwise={(error) => notYet(error, video.job_id)}>
            {({ segments }) =>
              segments.length ? (
                <Transcript segments={segments} second={second} query={q} onQuery={onQuery} onPlay={play} />
              ) : (
                <Empty icon={MicOff} title={words.silent} hint={words.silentHint} />
              )
            }
          </Asked>
        </section>
        <div className="min-w-0">
          <Views label={words.summary}>
            {{
              [words.summary]: <Summed query={summary} job={video.job_id}>{(it) => <SummaryText summary={it} onPlay={play} />}</Summed>,
              [words.chapters]: <Summed query={summary} job={video.job_id}>{(it) => <Chapters video={video.id} chapters={it.chapters} onPlay={play} />}</Summed>,
              [words.actions]: <Summed query={summary} job={video.job_id}>{(it) => <ActionItems video={video.id} items={it.action_items} onPlay={play} />}</Summed>,
              [words.exports]: <Exports video={video} />,
            }}
          </Views>
        </div>
      </div>
    </Page>
  );
}

function Lead({ video }: { video: Schema["VideoResponse"] }) {
  const quality = video.transcript?.quality;
  return (
    <span className="flex flex-wrap items-center gap-2">
      <span className="break-all">{video.filename}</span>
      {video.language && <span className="uppercase">{video.language}</span>}
      {quality && <Badge tone={quality === "low" ? "warn" : "neutral"}>{words[quality]}</Badge>}
    </span>
  );
}

function Actions({ video, second }: { video: Schema["VideoResponse"]; second: number }) {
  return (
    <>
      <CopyLink video={video.id} second={second} />
      <Link to="/jobs/$jobId" params={{ jobId: video.job_id }} className={buttonClass("plain")}>
        {words.job}
      </Link>
      <Link to="/ask" search={{ video: video.id }} className={buttonClass("primary")}>
        {words.ask}
      </Link>
    </>
  );
}

function CopyLink({ video, second }: { video: string; second: number }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(new URL(`videos/${video}?t=${Math.floor(second)}`, ROOT).href);
    setDone(true);
    setTimeout(() => setDone(false), COPIED);
  };
  const Icon = done ? Check : Link2;
  return (
    <Button onPress={() => void copy()} aria-label={done ? words.copiedLink : words.copyLinkWhat(clock(second))}>
      <Icon aria-hidden className="size-4" />
      <span aria-live="polite">{done ? words.copiedLink : words.copyLink}</span>
    </Button>
  );
}

function Failed({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <Page title={words.one}>
      <Failure error={error} onRetry={onRetry} />
    </Page>
  );
}

/** The shape of what comes. */
function Waiting() {
  return (
    <div className="mx-auto flex w-full max-w-7xl flex-col gap-5 px-4 py-6 sm:px-6">
      <Loading className="h-14 max-w-sm" />
      <div className="grid gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(20rem,2fr)]">
        <Loading className="aspect-video" />
        <Loading className="h-[60vh]" />
      </div>
    </div>
  );
}

function Views({ label, children }: { label: string; children: Record<string, ReactNode> }) {
  return (
    <Tabs className="rounded-xl border border-line bg-surface">
      <TabList aria-label={label} className="flex overflow-x-auto border-b border-line px-2">
        {Object.keys(children).map((name) => (
          <Tab
            key={name}
            id={name}
            className="cursor-pointer border-b-2 border-transparent px-3 py-2.5 text-sm whitespace-nowrap text-muted data-[focus-visible]:outline-offset-[-3px] data-[selected]:border-accent data-[selected]:font-medium data-[selected]:text-ink"
          >
            {name}
          </Tab>
        ))}
      </TabList>
      {Object.entries(children).map(([name, panel]) => (
        <TabPanel key={name} id={name} className="p-4">
          {panel}
        </TabPanel>
      ))}
    </Tabs>
  );
}

type SummedProps = {
  query: ReturnType<typeof useQuery<Schema["SummaryResponse"]>>;
  job: string;
  children: (summary: Schema["SummaryResponse"]) => ReactNode;
};

function Summed({ query, job, children }: SummedProps) {
  return (
    <Asked query={query} otherwise={(error) => notYet(error, job)}>
      {children}
    </Asked>
  );
}

/** What is still being made is told apart from what went wrong. */
function notYet(error: Error, job: string): ReactNode {
  if (!(error instanceof Refused) || ![404, 409].includes(error.status)) return null;
  return (
    <Empty icon={Hourglass} title={words.notYet} hint={error.message}>
      <Link to="/jobs/$jobId" params={{ jobId: job }} className={buttonClass()}>
        {words.job}
      </Link>
    </Empty>
  );
}

function unknown(error: Error): ReactNode {
  if (!(error instanceof Refused) || ![404, 422].includes(error.status)) return null;
  return (
    <Page title={words.unknown}>
      <Empty icon={FileQuestionMark} hint={strings.states.missingHint}>
        <Link to="/" className={buttonClass("primary")}>
          {strings.states.home}
        </Link>
      </Empty>
    </Page>
  );
}
