import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { raw, type Schema } from "../api/client";
import { Button } from "../ui/button";
import { Failure } from "../ui/states";

type Form = { text: string; path: string; suffix: string };

/** Files are fetched with the key and handed over by the page: a bare link could not carry the key. */
export function Exports({ video }: { video: Schema["VideoResponse"] }) {
  const forms: Form[] = [
    { text: "Summary, PDF", path: `api/v1/summary/${video.job_id}/summary.pdf`, suffix: "pdf" },
    { text: "Summary, Word", path: `api/v1/summary/${video.job_id}/summary.docx`, suffix: "docx" },
    { text: "Summary, Markdown", path: `api/v1/summary/${video.job_id}/summary.md`, suffix: "md" },
    { text: "Transcript, WebVTT", path: `api/v1/videos/${video.id}/transcript.vtt`, suffix: "vtt" },
    { text: "Transcript, SubRip", path: `api/v1/videos/${video.id}/transcript.srt`, suffix: "srt" },
    { text: "Transcript, JSON", path: `api/v1/videos/${video.id}/transcript.json`, suffix: "json" },
  ];
  const fetching = useMutation({ mutationFn: (form: Form) => save(form, video.title) });
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        {forms.map((form) => (
          <Button key={form.path} onPress={() => fetching.mutate(form)} isDisabled={fetching.isPending}>
            <Download aria-hidden className="size-4" />
            {form.text}
          </Button>
        ))}
      </div>
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
