import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "../api/client";
import { bytes } from "../logic/sizes";
import { ago } from "../logic/time";
import { strings } from "../strings";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Confirmed } from "../ui/confirmed";
import { useNow } from "../ui/now";
import { Panel } from "../ui/page";
import { Asked, Failure, Loading } from "../ui/states";
import { carried, letters, queues, redrive } from "./queries";

const words = strings.operations;
const MINUTE = 60_000;

type Info = Schema["DeadLetterInfo"];

/** What was put aside: what was wrong with it, where; and the way back. */
export function Letters() {
  const query = useQuery(letters());
  const client = useQueryClient();
  const back = useMutation({
    mutationFn: redrive,
    onSettled: () => Promise.all([letters(), queues()].map(({ queryKey }) => client.invalidateQueries({ queryKey }))),
  });
  return (
    <Panel title={words.letters}>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <p className="min-w-60 flex-1 text-sm text-muted">{words.lettersHint}</p>
        <Button isDisabled={query.isFetching} onPress={() => void query.refetch()}>{words.lookAgain}</Button>
      </div>
      {back.error && <Failure error={back.error} />}
      {back.data && <Outcomes outcomes={back.data} />}
      <Asked query={query}>
        {({ items, more }) => <List items={items} more={more} busy={back.isPending} onBack={(some) => back.mutate(some)} />}
      </Asked>
    </Panel>
  );
}

type ListProps = { items: Info[]; more: boolean; busy: boolean; onBack: (some: Info[]) => void };

function List({ items, more, busy, onBack }: ListProps) {
  if (!items.length) return <p className="text-sm text-muted">{words.noLetters}</p>;
  return (
    <>
      <ul className={`divide-y divide-line ${busy ? "opacity-50" : ""}`} aria-busy={busy}>
        {items.map((letter) => (
          <Letter key={letter.id} letter={letter} onBack={() => onBack([letter])} />
        ))}
      </ul>
      {more && <p className="mt-2 text-sm text-muted">{words.moreLetters}</p>}
      {items.length > 1 && <Back some={items} onBack={() => onBack(items)} trigger={words.redriveAll(items.length)} />}
    </>
  );
}

function Letter({ letter, onBack }: { letter: Info; onBack: () => void }) {
  const now = useNow(MINUTE);
  return (
    <li className="flex flex-wrap items-start gap-3 py-3 text-sm">
      <div className="min-w-60 flex-1">
        <p className="font-medium break-words">{letter.reason.message}</p>
        {letter.reason.hint && <p className="break-words text-muted">{letter.reason.hint}</p>}
        <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
          <Badge tone="bad">{letter.reason.code}</Badge>
          <span>{letter.queue}</span>
          {letter.source && <span className="break-all">{words.from(`${letter.source} ${letter.position}`.trim())}</span>}
          {letter.since && <time dateTime={letter.since}>{ago(letter.since, now)}</time>}
        </p>
        <Content letter={letter} />
      </div>
      <Back some={[letter]} onBack={onBack} trigger={words.redrive} />
    </li>
  );
}

function Back({ some, trigger, onBack }: { some: Info[]; trigger: string; onBack: () => void }) {
  const places = [...new Set(some.map(({ source }) => source))];
  return (
    <Confirmed
      destroys={false}
      trigger={trigger}
      title={words.redriveTitle(some.length)}
      text={words.redriveText((places.length === 1 && places[0]) || words.itsSource)}
      yes={words.redrive}
      no={words.cancel}
      onYes={onBack}
    />
  );
}

/** Fetched when a person opens it: letters may carry much, and what others sent. */
function Content({ letter }: { letter: Info }) {
  const [open, setOpen] = useState(false);
  const query = useQuery({ ...carried(letter), enabled: open });
  return (
    <details className="mt-1" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer text-xs text-muted">{words.show}</summary>
      <Asked query={query} loading={<Loading className="mt-2 h-16" />}>
        {({ text, hexadecimal, size }) => (
          <>
            <pre
              // A keyboard scrolls what has the focus.
              tabIndex={0}
              role="region"
              aria-label={words.show}
              className="mt-2 max-h-64 overflow-auto rounded-lg bg-raised p-3 text-xs break-all whitespace-pre-wrap"
            >
              {text ?? hexadecimal}
            </pre>
            <p className="mt-1 text-xs text-muted">{words.carried(bytes(size))}</p>
          </>
        )}
      </Asked>
    </details>
  );
}

function Outcomes({ outcomes }: { outcomes: Schema["RedriveOutcome"][] }) {
  const done = outcomes.filter(({ redriven }) => redriven).length;
  const failed = outcomes.filter(({ redriven }) => !redriven);
  return (
    <div role="status" className="mb-3 rounded-lg bg-raised p-3 text-sm">
      {done > 0 && <p>{words.redriven(done)}</p>}
      {failed.map(({ id, message, code }) => (
        <p key={id} className="break-words text-bad">
          {words.notRedriven}: {message} [{code}]
        </p>
      ))}
    </div>
  );
}
