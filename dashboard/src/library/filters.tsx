import { LayoutGrid, Rows3 } from "lucide-react";
import { useCallback } from "react";
import { Disclosure, DisclosurePanel, Button as AriaButton, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import type { VideoSort } from "../api/queries";
import type { LibrarySearch } from "../router";
import { strings } from "../strings";
import { Button, buttonClass } from "../ui/button";
import { SearchField, Select, TextField } from "../ui/fields";

const words = strings.library;

type Props = { search: LibrarySearch; onChange: (next: Partial<LibrarySearch>) => void };

export function Filters({ search, onChange }: Props) {
  const look = useCallback((q: string) => onChange({ q: q || undefined }), [onChange]);
  return (
    <Disclosure className="flex flex-col gap-3" defaultExpanded={Boolean(search.language ?? search.date_from ?? search.date_to)}>
      <div className="flex flex-wrap items-center gap-2">
        <SearchField label={words.search} value={search.q ?? ""} onChange={look} className="min-w-60 flex-1" />
        <Select
          label={words.sort}
          value={search.sort ?? "-created_at"}
          options={words.sorts}
          onChange={(sort: VideoSort) => onChange({ sort: sort === "-created_at" ? undefined : sort })}
        />
        <Select
          label={words.show}
          value={search.indexed === undefined ? "all" : search.indexed ? "ready" : "unready"}
          options={words.shows}
          onChange={(shown) => onChange({ indexed: shown === "all" ? undefined : shown === "ready" })}
        />
        <AriaButton slot="trigger" className={buttonClass("quiet")}>
          {words.filters}
        </AriaButton>
        <Views view={search.view ?? "grid"} onChange={(view) => onChange({ view: view === "grid" ? undefined : view })} />
      </div>
      <DisclosurePanel>
        <div className="flex flex-wrap items-end gap-3">
          <TextField label={words.language} value={search.language ?? ""} onChange={(language) => onChange({ language: language || undefined })} className="w-28" />
          <TextField label={words.from} type="date" value={search.date_from ?? ""} onChange={(day) => onChange({ date_from: day || undefined })} />
          <TextField label={words.to} type="date" value={search.date_to ?? ""} onChange={(day) => onChange({ date_to: day || undefined })} />
          <Button
            kind="quiet"
            onPress={() => onChange({ q: undefined, indexed: undefined, language: undefined, date_from: undefined, date_to: undefined })}
          >
            {words.clear}
          </Button>
        </div>
      </DisclosurePanel>
    </Disclosure>
  );
}

type View = NonNullable<LibrarySearch["view"]>;

function Views({ view, onChange }: { view: View; onChange: (view: View) => void }) {
  return (
    <ToggleButtonGroup
      aria-label={words.view}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[view]}
      onSelectionChange={(keys) => onChange([...keys][0] as View)}
      className="flex rounded-lg border border-line bg-surface p-0.5"
    >
      {([["grid", LayoutGrid], ["table", Rows3]] as const).map(([id, Icon]) => (
        <ToggleButton key={id} id={id} aria-label={words[id]} className="rounded-md p-1.5 text-muted data-[selected]:bg-accent-soft data-[selected]:text-accent">
          <Icon aria-hidden className="size-4" />
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
