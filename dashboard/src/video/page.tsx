import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Hourglass, MicOff } from "lucide-react";
import { useCallback, useRef, useState, type ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { Refused } from "../api/errors";
import { summary as summaryOf, transcript as transcriptOf, video as videoOf } from "../api/queries";
import type { Schema } from "../api/client";
import { strings } from "../strings";
import { Badge } from "../ui/badge";
import { buttonClass } from "../ui/button";
import { Page } from "../ui/page";
import { Asked, Empty, Loading } from "../ui/states";
import { Exports } from "./exports";
import { Player, type PlayerHandle } from "./player";
import { ActionItems, Chapters, SummaryText } from "./summary";
import { Transcript } from "./transcript";

const words = strings.video;
const route = getRouteApi("/videos/$videoId");

export function VideoPage() {
  const { videoId } = route.useParams();
  const query = useQuery(videoOf(videoId));
  return (
    <Asked query={query} loading={<Loading className="m-6 h-[60vh]" />} otherwise={unknown}>
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
    <Page title={video.title} lead={<Lead video={video} />} actions={<Actions video={video} />}>
      <div className="grid gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(20rem,2fr)]">
        <div className="flex min-w-0 flex-col gap-5">
          <Player ref={player} video={video} chapters={summary.data?.chapters ?? []} at={t} onTime={onTime} />
          <Views label={words.summary}>
            {{
              [words.summary]: <Summed query={summary} job={video.job_id}>{(it) => <SummaryText summary={it} onPlay={play} />}</Summed>,
              [words.chapters]: <Summed query={summary} job={video.job_id}>{(it) => <Chapters chapters={it.chapters} onPlay={play} />}</Summed>,
              [words.actions]: <Summed query={summary} job={video.job_id}>{(it) => <ActionItems items={it.action_items} onPlay={play} />}</Summed>,
              [words.exports]: <Exports video={video} />,
            }}
          </Views>
        </div>
        <section aria-label={words.transcript} className="flex h-[70vh] flex-col rounded-xl border border-line bg-surface p-3 lg:sticky lg:top-4 lg:h-[calc(100dvh-8rem)]">
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

function Actions({ video }: { video: Schema["VideoResponse"] }) {
  return (
    <>
      <Link to="/jobs/$jobId" params={{ jobId: video.job_id }} className={buttonClass("plain")}>
        {words.job}
      </Link>
      <Link to="/ask" search={{ video: video.id }} className={buttonClass("primary")}>
        {words.ask}
      </Link>
    </>
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
    <Page title={strings.states.missing}>
      <Empty icon={Hourglass} title={error.message} hint={strings.states.missingHint}>
        <Link to="/" className={buttonClass("primary")}>
          {strings.states.home}
        </Link>
      </Empty>
    </Page>
  );
}
