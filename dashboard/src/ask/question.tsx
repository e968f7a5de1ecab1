import { SendHorizontal, SlidersHorizontal, Square } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { Disclosure, DisclosurePanel, Button as AriaButton } from "react-aria-components";
import { strings } from "../strings";
import { Button, buttonClass } from "../ui/button";
import { TextField } from "../ui/fields";
import { ChosenVideos, Narrowing, WIDE, type Narrowed } from "./narrowing";
import * as conversation from "./conversation";

const words = strings.ask;

export type Wanted = { query: string } & Narrowed;

type Props = {
  /** What stands in the field at first. */
  asked: string;
  follow: boolean;
  busy: boolean;
  videos: string[];
  onVideos: (ids: string[]) => void;
  onAsk: (wanted: Wanted) => void;
};

export function Question({ asked, follow, busy, videos, onVideos, onAsk }: Props) {
  const [query, setQuery] = useState(asked);
  const [narrowed, setNarrowed] = useState(WIDE);
  const filters = [narrowed.date_from, narrowed.date_to, narrowed.speakers.length].filter(Boolean).length;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!query.trim() || busy) return;
    onAsk({ query: query.trim(), ...narrowed });
    setQuery("");
  };
  return (
    <form onSubmit={submit} className="sticky bottom-16 z-[1] flex flex-col gap-2 rounded-2xl border border-line bg-surface p-3 shadow-lg md:bottom-4">
      <ChosenVideos chosen={videos} onChosen={onVideos} />
      <div className="flex items-end gap-2">
        <TextField label={follow ? words.follow : words.label} value={query} onChange={setQuery} className="min-w-0 flex-1" autoFocus />
        {busy ? (
          <Button onPress={() => conversation.stop()}>
            <Square aria-hidden className="size-4" />
            {words.stop}
          </Button>
        ) : (
          <Button kind="primary" type="submit" isDisabled={!query.trim()}>
            <SendHorizontal aria-hidden className="size-4" />
            {words.send}
          </Button>
        )}
      </div>
      <Disclosure>
        <AriaButton slot="trigger" className={`${buttonClass("quiet")} -ml-2`}>
          <SlidersHorizontal aria-hidden className="size-4" />
          {words.filters(filters + videos.length)}
        </AriaButton>
        <DisclosurePanel className="data-[expanded]:pt-2">
          <Narrowing videos={videos} onVideos={onVideos} narrowed={narrowed} onChange={setNarrowed} />
        </DisclosurePanel>
      </Disclosure>
    </form>
  );
}
