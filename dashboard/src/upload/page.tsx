import { UploadCloud } from "lucide-react";
import { useState, useSyncExternalStore } from "react";
import { DropZone, FileTrigger, isFileDropItem, type DropItem } from "react-aria-components";
import { strings } from "../strings";
import { Button } from "../ui/button";
import { Page } from "../ui/page";
import { BrokenOff } from "./broken-off";
import { CAPTIONS, MEDIA, type Chosen } from "./choosing";
import { FileLine } from "./file-line";
import { add, uppy } from "./sending";

const words = strings.upload;
const TYPES = [...MEDIA, ...CAPTIONS].map((suffix) => `.${suffix}`);

export function UploadPage() {
  const { files } = useSyncExternalStore(subscribe, () => uppy.getState());
  const [refused, setRefused] = useState<Chosen<File>["refused"]>([]);
  const take = (chosen: File[]) => setRefused(add(chosen));
  const all = Object.values(files);
  const ready = all.filter((file) => !file.progress.uploadStarted && !file.error);
  return (
    <Page title={words.title}>
      <DropZone
        onDrop={({ items }) => void filesOf(items).then(take)}
        className="flex flex-col items-center gap-3 rounded-2xl border-2 border-dashed border-strong bg-surface px-6 py-12 text-center data-[drop-target]:border-accent data-[drop-target]:bg-accent-soft"
      >
        <UploadCloud aria-hidden className="size-10 text-muted" strokeWidth={1.5} />
        <p className="font-medium">{words.drop}</p>
        <FileTrigger allowsMultiple acceptedFileTypes={TYPES} onSelect={(list) => list && take([...list])}>
          <Button kind="primary">{words.choose}</Button>
        </FileTrigger>
        <p className="max-w-lg text-xs text-muted">{words.kinds}</p>
      </DropZone>
      <BrokenOff onFiles={take} />
      {refused.length > 0 && (
        <ul role="alert" className="flex flex-col gap-1 rounded-xl bg-bad-soft p-4 text-sm">
          {refused.map(({ file, reason }) => (
            <li key={file.name} className="break-words">
              <strong>{file.name}</strong>: {words.refused[reason]}
            </li>
          ))}
        </ul>
      )}
      {all.length > 0 && (
        <ul aria-label={words.title} className="flex flex-col gap-3">
          {all.map((file) => (
            <FileLine key={file.id} file={file} />
          ))}
        </ul>
      )}
      {ready.length > 0 && (
        <Button kind="primary" className="self-start" onPress={() => void uppy.upload()}>
          {words.start}
        </Button>
      )}
    </Page>
  );
}

function subscribe(listener: () => void): () => void {
  uppy.on("state-update", listener);
  return () => uppy.off("state-update", listener);
}

async function filesOf(items: DropItem[]): Promise<File[]> {
  return Promise.all(items.filter(isFileDropItem).map((item) => item.getFile()));
}
