import createClient from "openapi-fetch";
import { broken, refusal, UNREACHABLE } from "./errors";
import * as reach from "./reach";
import type { components, paths } from "./schema";
import * as session from "./session";

export type Schema = components["schemas"];

/** Where the dashboard lies, with its slash: the page's base, so that any path and any host will do. */
export const ROOT = new URL(".", document.baseURI);

export const api = createClient<paths>({ baseUrl: ROOT.href.replace(/\/$/, "") });

api.use({
  onRequest({ request }) {
    const { key } = session.current();
    if (key) request.headers.set("X-API-Key", key);
  },
  async onResponse({ response }) {
    if (response.ok) { reach.note(true); return; }
    throw await refused(response);
  },
  onError: ({ error }) => noted(broken(error)),
});

/** A request outside the described client (files, streams), with the key and the same refusals. */
export async function raw(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const { key } = session.current();
  if (key) headers.set("X-API-Key", key);
  const response = await fetch(new URL(path, ROOT), { ...init, headers }).catch((error: unknown) => {
    throw noted(broken(error));
  });
  if (!response.ok) throw await refused(response);
  reach.note(true);
  return response;
}

/** The body of an answer that has one; refusals have been thrown before. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw new TypeError("an answer without a body");
  return data;
}

async function refused(response: Response) {
  const error = noted(await refusal(response));
  if (error.status === 401) session.leave(error.message);
  return error;
}

/** Remembers whether there was anybody to refuse. */
function noted<T extends Error>(error: T): T {
  if (error.name !== "AbortError") reach.note(!("code" in error && error.code === UNREACHABLE));
  return error;
}
