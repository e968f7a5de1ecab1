/** Which videos, days and speakers are asked. */

import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";
import { ComboBox, Input, Label, ListBox, ListBoxItem, Popover, Tag, TagGroup, TagList, Button, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { transcript as transcriptOf, video as videoOf, videos as videosOf } from "../api/queries";
import { speakersOf } from "../logic/segments";
import { strings } from "../strings";
import { BOX, LABEL, TextField } from "../ui/fields";

const words = strings.ask;
const OFFERED = 8;

export type Narrowed = { date_from: string; date_to: string; speakers: string[] };
export const WIDE: Narrowed = { date_from: "", date_to: "", speakers: [] };

type Props = { videos: string[]; onVideos: (ids: string[]) => void; narrowed: Narrowed; onChange: (next: Narrowed) => void };

export function Narrowing({ videos, onVideos, narrowed, onChange }: Props) {
  return (
    <div className="flex flex-col gap-3">
      <VideoPicker chosen={videos} onChosen={onVideos} />
      <Speakers videos={videos} chosen={narrowed.speakers} onChosen={(speakers) => onChange({ ...narrowed, speakers })} />
      <div className="flex flex-wrap gap-3">
        <TextField label={words.from} type="date" value={narrowed.date_from} onChange={(day) => onChange({ ...narrowed, date_from: day })} />
        <TextField label={words.to} type="date" value={narrowed.date_to} onChange={(day) => onChange({ ...narrowed, date_to: day })} />
      </div>
    </div>
  );
}

/** The videos that are asked, each with its title; nothing while all are. */
export function ChosenVideos({ chosen, onChosen }: { chosen: string[]; onChosen: (ids: string[]) => void }) {
  const known = useQueries({ queries: chosen.map((id) => videoOf(id)) });
  if (!chosen.length) return null;
  return (
    <TagGroup aria-label={words.only} onRemove={(keys) => onChosen(chosen.filter((id) => !keys.has(id)))}>
      <TagList className="flex flex-wrap gap-1.5">
        {chosen.map((id, index) => {
          const title = known[index]?.data?.title ?? "…";
          return (
            <Tag key={id} id={id} textValue={title} className="flex items-center gap-1 rounded-full bg-accent-soft py-0.5 pr-1 pl-3 text-xs font-medium text-accent">
              <span className="max-w-60 truncate">{title}</span>
              <Button slot="remove" aria-label={words.without(title)} className="rounded-full p-1 hover:bg-surface">
                <X aria-hidden className="size-3.5" />
              </Button>
            </Tag>
          );
        })}
      </TagList>
    </TagGroup>
  );
}

function VideoPicker({ chosen, onChosen }: { chosen: string[]; onChosen: (ids: string[]) => void }) {
  const [typed, setTyped] = useState("");
  const { data } = useInfiniteQuery(videosOf({ q: typed.trim() || undefined, indexed: true }));
  const offered = (data?.pages[0]?.items ?? []).filter(({ id }) => !chosen.includes(id)).slice(0, OFFERED);
  return (
    <ComboBox
      items={offered}
      inputValue={typed}
      onInputChange={setTyped}
      value={null}
      onChange={(id) => {
        if (id === null) return;
        onChosen([...chosen, String(id)]);
        setTyped("");
      }}
      menuTrigger="focus"
      allowsEmptyCollection
      className="flex flex-col gap-1"
    >
      <Label className={LABEL}>{words.videos}</Label>
      <Input placeholder={chosen.length ? words.another : words.all} className={BOX} />
      <Popover className="w-(--trigger-width) rounded-lg border border-line bg-surface p-1 shadow-lg">
        <ListBox className="max-h-72 overflow-auto outline-none" renderEmptyState={() => <p className="px-3 py-2 text-sm text-muted">{strings.library.none}</p>}>
          {(video: (typeof offered)[number]) => (
            <ListBoxItem id={video.id} textValue={video.title} className="cursor-pointer truncate rounded-md px-3 py-1.5 text-sm outline-none data-[focused]:bg-raised">
              {video.title}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}

/** Those who speak in the chosen videos to choose from; names to type while none is chosen. */
function Speakers({ videos, chosen, onChosen }: { videos: string[]; chosen: string[]; onChosen: (names: string[]) => void }) {
  const read = useQueries({ queries: videos.map((id) => transcriptOf(id)) });
  const names = [...new Set(read.flatMap(({ data }) => speakersOf(data?.segments ?? [])))];
  if (!names.length) {
    const split = (text: string) => onChosen(text.split(",").map((name) => name.trimStart()));
    return <TextField label={words.speakers} value={chosen.join(",")} onChange={(text) => (text ? split(text) : onChosen([]))} />;
  }
  return (
    <div className="flex flex-col gap-1">
      <span className={LABEL}>{words.speakersOf}</span>
      <ToggleButtonGroup
        aria-label={words.speakersOf}
        selectionMode="multiple"
        selectedKeys={chosen}
        onSelectionChange={(keys) => onChosen([...keys].map(String))}
        className="flex flex-wrap gap-1.5"
      >
        {names.map((name) => (
          <ToggleButton key={name} id={name} className="rounded-full border border-line px-3 py-1 text-xs data-[selected]:border-accent data-[selected]:bg-accent-soft data-[selected]:font-medium data-[selected]:text-accent">
            {name}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </div>
  );
}
