/** What is asked of the API, and for how long an answer holds. */

import { infiniteQueryOptions, queryOptions, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, body, raw, type Schema } from "./client";
import { Refused } from "./errors";

export type VideoSort = "-created_at" | "created_at" | "title" | "-title" | "duration" | "-duration";

export type VideoFilter = {
  q?: string | undefined;
  sort?: VideoSort | undefined;
  indexed?: boolean | undefined;
  language?: string | undefined;
  date_from?: string | undefined;
  date_to?: string | undefined;
};

export type JobFilter = {
  q?: string | undefined;
  status?: Schema["JobStatus"][] | undefined;
  video_id?: string | undefined;
};

const PAGE = 60;
const PASSAGES = 6;
/** Below this, a passage is near to what is searched for, but hardly about it. */
const SURE = 0.15;
/** Presigned links hold an hour; they are renewed well before. */
const LINKS_HOLD = 30 * 60_000;
const LIVE = 1_500;
const NOT_YET = [404, 409];
const ended = new Set<Schema["JobStatus"]>(["completed", "failed"]);

export const hasEnded = (status: Schema["JobStatus"]): boolean => ended.has(status);

export const videos = (filter: VideoFilter) =>
  infiniteQueryOptions({
    queryKey: ["videos", filter],
    queryFn: ({ pageParam, signal }) =>
      body(
        api.GET("/api/v1/videos", {
          params: { query: { ...known(filter), limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 15_000,
  });

/** Asks for the lists of videos anew, as one of them has changed. */
export function useVideosAgain(): () => void {
  const queries = useQueryClient();
  return useCallback(() => void queries.invalidateQueries({ queryKey: ["videos"] }), [queries]);
}

/** Passages that speak of something; no answer is made of them, so it costs next to nothing and counts as no question. */
export const said = (text: string) =>
  queryOptions({
    queryKey: ["said", text],
    queryFn: async ({ signal }) => {
      const call = api.POST("/api/v1/query", { body: { query: text, answer: false, top_k: PASSAGES, min_score: SURE }, signal });
      return (await body(call)) as Schema["QueryResponse"];
    },
    staleTime: 60_000,
  });

export const video = (id: string) =>
  queryOptions({
    queryKey: ["video", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/videos/{video_id}", { params: { path: { video_id: id } }, signal })),
  });

export const playback = (id: string) =>
  queryOptions({
    queryKey: ["video", id, "playback"],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/videos/{video_id}/playback", { params: { path: { video_id: id } }, signal })),
    staleTime: LINKS_HOLD,
    // A new link would begin the film anew.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** What is still being made is asked for again, ever more seldom, until it is there. */
const untilThere = ({ state }: { state: { error: Error | null; errorUpdateCount: number } }) =>
  state.error instanceof Refused && NOT_YET.includes(state.error.status)
    ? Math.min(LIVE * 1.3 ** state.errorUpdateCount, 20 * LIVE)
    : false;

export const transcript = (id: string) =>
  queryOptions({
    queryKey: ["video", id, "transcript"],
    queryFn: async ({ signal }) =>
      (await (await raw(`api/v1/videos/${id}/transcript.json`, { signal })).json()) as Schema["TranscriptDocument"],
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: untilThere,
  });

export const captions = (id: string) =>
  queryOptions({
    queryKey: ["video", id, "captions"],
    queryFn: async ({ signal }) => (await raw(`api/v1/videos/${id}/transcript.vtt`, { signal })).text(),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: untilThere,
  });

export const summary = (jobId: string) =>
  queryOptions({
    queryKey: ["summary", jobId],
    queryFn: async ({ signal }) =>
      (await (await raw(`api/v1/summary/${jobId}/summary.json`, { signal })).json()) as Schema["SummaryResponse"],
    staleTime: 60_000,
    refetchInterval: untilThere,
  });

export const jobs = (filter: JobFilter) =>
  infiniteQueryOptions({
    queryKey: ["jobs", filter],
    queryFn: ({ pageParam, signal }) =>
      body(
        api.GET("/api/v1/jobs", {
          params: { query: { ...known(filter), limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some((job) => !hasEnded(job.status))) ? 2 * LIVE : 20 * LIVE,
  });

export const job = (id: string) =>
  queryOptions({
    queryKey: ["job", id],
    queryFn: ({ signal }) => body(api.GET("/api/v1/status/{job_id}", { params: { path: { job_id: id } }, signal })),
    refetchInterval: ({ state }) => (state.data && hasEnded(state.data.status) ? false : LIVE),
  });

export const jobCosts = (id: string) =>
  queryOptions({
    queryKey: ["job", id, "costs"],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/jobs/{job_id}/costs", { params: { path: { job_id: id } }, signal })),
  });

export const analytics = () =>
  queryOptions({
    queryKey: ["analytics"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/analytics", { signal })),
    staleTime: 60_000,
  });

export const costs = () =>
  queryOptions({
    queryKey: ["costs"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/costs", { signal })),
    staleTime: 60_000,
  });

/** A filter that is not set is left out of the address, not sent as empty. */
function known<T extends object>(filter: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const set = Object.entries(filter).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(set) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
