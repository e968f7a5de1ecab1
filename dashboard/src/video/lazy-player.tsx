import { lazy, Suspense } from "react";
import { Loading } from "../ui/states";
import type { PlayerProps } from "./player";

// The player is larger than all else together: words are there to read before it.
const Loaded = lazy(() => import("./player").then(({ Player }) => ({ default: Player })));

export function Player(props: PlayerProps) {
  return (
    <Suspense fallback={<Loading className="aspect-video" />}>
      <Loaded {...props} />
    </Suspense>
  );
}
