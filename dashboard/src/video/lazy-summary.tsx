import { lazy, Suspense, type ComponentProps } from "react";
import { Loading } from "../ui/states";
import type { SummaryText as Text } from "./summary-text";

/** What reads Markdown is fetched beside the summary, not before the page. */
const Loaded = lazy(() => import("./summary-text").then(({ SummaryText }) => ({ default: SummaryText })));

export function SummaryText(props: ComponentProps<typeof Text>) {
  return (
    <Suspense fallback={<Loading />}>
      <Loaded {...props} />
    </Suspense>
  );
}
