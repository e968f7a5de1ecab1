import { useMutation, useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { raw, type Schema } from "../api/client";
import { playback } from "../api/queries";
import { strings } from "../strings";
import { Button, buttonClass } from "../ui/button";
import { Failure } from "../ui/states";

const words = strings.video;

type Form = { text: string; path: string; suffix: string };
type Group = { title: string; forms: Form[] };

/** Files are fetched with the key and handed over by the page: a bare link could not carry the key. */
export function Exports({ video }: { video: Schema["VideoResponse"] }) {
  const { data: links } = useQuery(playback(video.id));
  const groups: Group[] = [
    {
      title: words.summary,
      forms: [
        { text: "PDF", path: `api/v1/summary/${video.job_id}/summary.pdf`, suffix: "pdf" },
        { text: "Word", path: `api/v1/summary/${video.job_id}/summary.docx`, suffix: "docx" },
        { text: "Markdown", path: `api/v1/summary/${video.job_id}/summary.md`, suffix: "md" },
      ],
    },
    {
      title: words.transcript,
      forms: [
        { text: "WebVTT", path: `api/v1/videos/${video.id}/transcript.vtt`, suffix: "vtt" },
        { text: "SubRip", path: `api/v1/videos/${video.id}/transcript.srt`, suffix: "srt" },
        { text: "JSON", path: `api/v1/videos/${video.id}/transcript.json`, suffix: "json" },
      ],
    },
  ];
  const fetching = useMutation({ mutationFn: (form: Form) => save(form, video.title) });
  return (
    <div className="flex flex-col gap-3">
      {groups.map(({ title, forms }) => (
        <div key={title} role="group" aria-label={title} className="flex flex-wrap items-center gap-2">
          <span className="w-24 text-sm text-muted">{title}</span>
          {forms.map((form) => (
            <Button key={form.path} onPress={() => fetching.mutate(form)} isDisabled={fetching.isPending}>
              <Download aria-hidden className="size-4" />
              {form.text}
            </Button>
          ))}
        </div>
      ))}
      {links && (
        <div className="flex flex-wrap items-center gap-2">
          <span className="w-24 text-sm text-muted">{words.film}</span>
          <a href={links.download_url} className={buttonClass()}>
            <Download aria-hidden className="size-4" />
            {video.filename}
          </a>
        </div>
      )}
      {fetching.error && <Failure error={fetching.error} />}
    </div>
  );
}

async function save({ path, suffix }: Form, title: string) {
  const url = URL.createObjectURL(await (await raw(path)).blob());
  const link = Object.assign(document.createElement("a"), { href: url, download: `${title}.${suffix}` });
  link.click();
  // The browser has taken it by the next turn.
  setTimeout(() => URL.revokeObjectURL(url));
}
