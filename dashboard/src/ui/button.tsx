import { Button as AriaButton, type ButtonProps } from "react-aria-components";

const KINDS = {
  primary: "bg-accent-fill text-white hover:brightness-110 border-transparent",
  plain: "bg-surface text-ink border-line hover:bg-raised",
  quiet: "bg-transparent text-muted border-transparent hover:bg-raised hover:text-ink",
  danger: "bg-surface text-bad border-line hover:bg-bad-soft",
} as const;

export type ButtonKind = keyof typeof KINDS;

const SHAPE =
  "inline-flex min-h-9 items-center justify-center gap-2 rounded-lg border px-3 py-1.5 text-sm font-medium " +
  "transition-colors disabled:opacity-50 data-[disabled]:opacity-50";

export function buttonClass(kind: ButtonKind = "plain"): string {
  return `${SHAPE} ${KINDS[kind]}`;
}

type Props = Omit<ButtonProps, "className"> & { kind?: ButtonKind; className?: string };

export function Button({ kind = "plain", className = "", ...rest }: Props) {
  return <AriaButton {...rest} className={`${buttonClass(kind)} ${className}`} />;
}
