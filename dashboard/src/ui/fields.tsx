import { ChevronDown, Search, X } from "lucide-react";
import { useEffect, useState, type HTMLInputTypeAttribute } from "react";
import {
  Button,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SearchField as AriaSearchField,
  Select as AriaSelect,
  SelectValue,
  TextField as AriaTextField,
} from "react-aria-components";

export const BOX = "min-h-9 w-full rounded-lg border border-strong bg-surface px-3 py-1.5 text-sm text-ink placeholder:text-muted";
export const LABEL = "text-xs font-medium text-muted";
const PAUSE = 250;

type SearchProps = { label: string; value: string; onChange: (value: string) => void; className?: string };

/** Tells what is typed once the typing pauses. */
export function SearchField({ label, value, onChange, className = "" }: SearchProps) {
  const [typed, setTyped] = useState(value);
  const [told, setTold] = useState(value);
  // A value that was changed elsewhere, by a link or a button, is shown.
  if (told !== value) {
    setTold(value);
    setTyped(value);
  }
  useEffect(() => {
    if (typed === value) return;
    const pause = setTimeout(() => onChange(typed), PAUSE);
    return () => clearTimeout(pause);
  }, [typed, value, onChange]);
  return (
    <AriaSearchField aria-label={label} value={typed} onChange={setTyped} className={`group relative ${className}`}>
      <Search aria-hidden className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-muted" />
      <Input placeholder={label} className={`${BOX} px-8 [&::-webkit-search-cancel-button]:hidden`} />
      <Button className="absolute top-1.5 right-1.5 rounded p-1 text-muted group-data-[empty]:hidden">
        <X aria-hidden className="size-4" />
      </Button>
    </AriaSearchField>
  );
}

type SelectProps<K extends string> = {
  label: string;
  value: K;
  options: Readonly<Record<K, string>>;
  onChange: (value: K) => void;
};

export function Select<K extends string>({ label, value, options, onChange }: SelectProps<K>) {
  return (
    <AriaSelect
      aria-label={label}
      value={value}
      onChange={(key) => onChange(key as K)}
      className="min-w-36 max-sm:flex-1"
    >
      <Button className={`${BOX} flex items-center justify-between gap-2 border-line! text-left hover:bg-raised`}>
        <SelectValue className="truncate" />
        <ChevronDown aria-hidden className="size-4 shrink-0 text-muted" />
      </Button>
      <Popover className="min-w-(--trigger-width) rounded-lg border border-line bg-surface p-1 shadow-lg">
        <ListBox className="max-h-80 overflow-auto outline-none">
          {(Object.entries(options) as [K, string][]).map(([key, text]) => (
            <ListBoxItem
              key={key}
              id={key}
              className="cursor-pointer rounded-md px-3 py-1.5 text-sm outline-none data-[focused]:bg-raised data-[selected]:font-semibold data-[selected]:text-accent"
            >
              {text}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

type TextProps = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  type?: HTMLInputTypeAttribute;
  className?: string;
  autoFocus?: boolean;
  isRequired?: boolean;
};

export function TextField({ label, className = "", type = "text", ...rest }: TextProps) {
  return (
    <AriaTextField {...rest} type={type} autoComplete="off" className={`flex flex-col gap-1 ${className}`}>
      <Label className={LABEL}>{label}</Label>
      <Input className={BOX} />
    </AriaTextField>
  );
}
