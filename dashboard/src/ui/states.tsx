/** The faces that everything asked of the API can show: on its way, nothing there, not possible. */

import type { UseQueryResult } from "@tanstack/react-query";
import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Refused } from "../api/errors";
import { strings } from "../strings";
import { Button } from "./button";

export function Loading({ className = "h-40" }: { className?: string }) {
  return (
    <div role="status" className={`animate-pulse rounded-xl bg-raised ${className}`}>
      <span className="sr-only">{strings.states.loading} …</span>
    </div>
  );
}

/** Without a title where the page's own says it. */
type EmptyProps = { icon: LucideIcon; title?: string; hint?: string; children?: ReactNode };

export function Empty({ icon: Icon, title, hint, children }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-14 text-center">
      <Icon aria-hidden className="mb-2 size-9 text-muted" strokeWidth={1.5} />
      {title && <p className="font-semibold">{title}</p>}
      {hint && <p className="max-w-md text-sm text-muted">{hint}</p>}
      {children && <div className="mt-3">{children}</div>}
    </div>
  );
}

type FailureProps = { error: Error; onRetry?: (() => void) | undefined };

/** What failed, why, and what to do: the API's own words. */
export function Failure({ error, onRetry }: FailureProps) {
  const refused = error instanceof Refused ? error : null;
  return (
    <div role="alert" className="flex gap-3 rounded-xl border border-line bg-bad-soft p-4">
      <CircleAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-bad" />
      <div className="min-w-0 text-sm">
        <p className="font-semibold break-words">{refused ? refused.message : strings.states.failed}</p>
        {refused?.hint && <p className="mt-1">{refused.hint}</p>}
        <p className="mt-1 text-xs text-muted">
          {strings.states.reference}: <code className="break-words">{refused?.code ?? error.message}</code>
        </p>
        {onRetry && (
          <Button className="mt-3" onPress={onRetry}>
            {strings.states.retry}
          </Button>
        )}
      </div>
    </div>
  );
}

type AskedProps<T> = {
  query: Pick<UseQueryResult<T>, "data" | "error" | "refetch">;
  loading?: ReactNode;
  /** Asked first: a refusal that is no failure here, such as what is not there yet. */
  otherwise?: (error: Error) => ReactNode | null;
  children: (data: T) => ReactNode;
};

/** One query's face: what is known is shown even if asking again failed. */
export function Asked<T>({ query, loading, otherwise, children }: AskedProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (!query.error) return loading ?? <Loading />;
  return otherwise?.(query.error) ?? <Failure error={query.error} onRetry={() => void query.refetch()} />;
}
