import { useQueryClient } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { ROOT } from "../api/client";
import * as reach from "../api/reach";
import { strings } from "../strings";

const FIRST = 2_000;
const LAST = 30_000;

/** Says that the server is gone, and asks for it ever more seldom; once it is back, everything shown is asked for anew. */
export function Connection() {
  const reached = useSyncExternalStore(reach.subscribe, reach.current);
  const queries = useQueryClient();
  useEffect(() => {
    if (reached) return;
    let timer: ReturnType<typeof setTimeout>;
    const look = (pause: number) => {
      timer = setTimeout(() => {
        void answers().then((back) => {
          if (!back) { look(Math.min(LAST, pause * 1.5)); return; }
          reach.note(true);
          void queries.invalidateQueries();
        });
      }, pause);
    };
    look(FIRST);
    return () => clearTimeout(timer);
  }, [reached, queries]);
  return (
    <div role="status">
      {!reached && (
        <p className="flex items-center gap-2 bg-warn-soft px-4 py-2 text-sm text-warn sm:px-6">
          <CloudOff aria-hidden className="size-4 shrink-0" />
          {strings.states.gone}
        </p>
      )}
    </div>
  );
}

async function answers(): Promise<boolean> {
  const response = await fetch(new URL("api/v1/healthz", ROOT)).catch(() => null);
  return response?.ok ?? false;
}
