import { useQuery } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { FileTrigger } from "react-aria-components";
import { bytes } from "../logic/sizes";
import { strings } from "../strings";
import { Button } from "../ui/button";
import { Confirmed } from "../ui/confirmed";
import { Panel } from "../ui/page";
import type { Remembered } from "./remembered";
import { giveUp, isOver, memory, progressOf, uppy } from "./sending";

const words = strings.upload;

/** Uploads of this browser that wait for their file: a page may not open it again by itself. */
export function BrokenOff({ onFiles }: { onFiles: (files: File[]) => void }) {
  const all = useSyncExternalStore(memory.subscribe, memory.all);
  const sending = new Set(uppy.getFiles().map(({ meta }) => meta.job));
  const waiting = all.filter(({ job }) => !sending.has(job));
  if (!waiting.length) return null;
  return (
    <Panel title={words.brokenOff}>
      <p className="mb-3 text-sm text-muted">{words.brokenOffHint}</p>
      <ul className="divide-y divide-line">
        {waiting.map((upload) => (
          <Waiting key={upload.job} upload={upload} onFiles={onFiles} />
        ))}
      </ul>
    </Panel>
  );
}

function Waiting({ upload, onFiles }: { upload: Remembered; onFiles: (files: File[]) => void }) {
  const { job, name, size } = upload;
  const { data, error } = useQuery({ queryKey: ["upload", job], queryFn: () => progressOf(job) });
  useEffect(() => {
    if (isOver(error)) memory.forget(job);
  }, [error, job]);
  const there = data?.parts.reduce((sum, part) => sum + part.size, 0);
  return (
    <li className="flex flex-wrap items-center gap-3 py-2 text-sm">
      <span className="min-w-40 flex-1 break-words">
        <span className="font-medium">{name}</span>{" "}
        <span className="text-xs text-muted">{there === undefined ? bytes(size) : words.there(bytes(there), bytes(size))}</span>
      </span>
      <FileTrigger allowsMultiple onSelect={(list) => list && onFiles([...list])}>
        <Button aria-label={`${words.goOn}: ${name}`}>{words.goOn}</Button>
      </FileTrigger>
      <Confirmed
        trigger={words.giveUp}
        title={words.giveUpTitle(name)}
        text={words.giveUpText}
        yes={words.giveUp}
        no={words.keep}
        onYes={() => void giveUp(job)}
      />
    </li>
  );
}
