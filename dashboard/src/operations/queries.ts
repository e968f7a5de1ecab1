/** What is asked of the API for whoever operates the installation. */

import { queryOptions } from "@tanstack/react-query";
import { api, body, type Schema } from "../api/client";
import { batches, type Letter } from "./figures";

const LIVE = 10_000;
const SHOWN = 200;

export const queues = () =>
  queryOptions({
    queryKey: ["queues"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/queues", { signal })),
    refetchInterval: LIVE,
    retry: false,
  });

/** Looking hides letters from others for a moment, so this is asked only when a person wants to see. */
export const letters = () =>
  queryOptions({
    queryKey: ["dead-letters"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/dead-letters", { params: { query: { limit: SHOWN } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

export const carried = ({ queue, id }: Letter) =>
  queryOptions({
    queryKey: ["dead-letters", queue, id],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/dead-letters/{queue}/{letter_id}", { params: { path: { queue, letter_id: id } }, signal }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Puts letters back, one queue after the other; the outcome of each. */
export async function redrive(chosen: readonly Letter[]): Promise<Schema["RedriveOutcome"][]> {
  const outcomes: Schema["RedriveOutcome"][] = [];
  for (const batch of batches(chosen)) {
    const answer = await body(api.POST("/api/v1/dead-letters/redrive", { body: batch }));
    outcomes.push(...answer.outcomes);
  }
  return outcomes;
}
