/** The uploads of this tab: they go on while other pages are looked at, and after a reload once the file is chosen again. */

import AwsS3, { type AwsS3Options } from "@uppy/aws-s3";
import Uppy, { type UppyFile } from "@uppy/core";
import { api, body, raw } from "../api/client";
import { Refused } from "../api/errors";
import * as session from "../api/session";
import { choose, titleOf, type Chosen } from "./choosing";
import { Links } from "./links";
import { Memory } from "./remembered";

export type About = {
  title: string;
  language: string;
  /** The day on which it was recorded, ISO 8601; empty if nobody says. */
  recorded: string;
  captions: File | null;
  /** The job that the API granted. */
  job?: string;
};

type Body = Record<string, never>;
export type Sent = UppyFile<About, Body>;

const AT_ONCE = 4;
const ATTEMPTS = [0, 1_000, 3_000, 5_000, 10_000];
const KIND = "application/octet-stream";
/** With these, the API says that an upload has come to its end without being whole. */
const OVER = new Set(["job_not_found", "upload_missing", "upload_cancelled"]);

/** How large the API wants the parts of a file. */
const partSizes = new WeakMap<Blob, number>();
export const memory = new Memory(globalThis.localStorage);
const links = new Links((job_id, numbers) =>
  body(api.POST("/api/v1/upload/{job_id}/parts", { params: { path: { job_id } }, body: { numbers } })),
);

export const uppy = new Uppy<About, Body>({ autoProceed: false, allowMultipleUploadBatches: true });

const store: AwsS3Options<About, Body> = {
  limit: AT_ONCE,
  retryDelays: ATTEMPTS,
  shouldUseMultipart: true,
  getChunkSize: (data) => partSizes.get(data as File)!,
  createMultipartUpload: ({ meta }) => ({ uploadId: meta.job!, key: meta.job! }),
  signPart: async (file, { uploadId, partNumber }) => ({
    method: "PUT",
    url: await links.of(uploadId, partNumber, partsOf(file)),
  }),
  listParts: (file, { uploadId }) => arrived(file, uploadId!),
  // Breaking off is not giving up: the parts stay for another try. Who takes a file out gives it up, see below.
  abortMultipartUpload: () => undefined,
  completeMultipartUpload: async (_, { uploadId, parts }) => {
    const etags = parts.sort((one, other) => one.PartNumber! - other.PartNumber!).map((part) => part.ETag!);
    const path = { job_id: uploadId };
    await body(api.POST("/api/v1/upload/{job_id}/complete", { params: { path }, body: { etags } }));
    drop(uploadId);
    return {};
  },
};

uppy.use(AwsS3<About, Body>, store);

// A file that the API refuses doesn't hold up the others.
uppy.addPreProcessor(async (ids) => {
  await Promise.all(ids.map((id) => prepared(uppy.getFile(id))));
});

// What the lost connection broke off goes on by itself; the store still has the parts before.
addEventListener("online", () => void uppy.retryAll());

uppy.on("file-removed", (file) => {
  if (file.meta.job && !file.progress.uploadComplete) void giveUp(file.meta.job);
});

// What a key put on its way is nobody's business after it.
session.subscribe(() => {
  if (!session.current().key) memory.clear();
});

/** Takes what can be sent, and tells what can't. What was broken off before goes on at once. */
export function add(files: File[]): Chosen<File>["refused"] {
  const { taken, refused } = choose(files);
  for (const { media, captions } of taken) {
    const known = uppy.getFiles().some(({ name, size }) => name === media.name && size === media.size);
    if (known) continue;
    const before = memory.of(media);
    const meta: About = { title: titleOf(media.name), language: "", recorded: "", captions };
    const id = uppy.addFile({
      name: media.name,
      type: media.type,
      data: media,
      meta: before ? { ...meta, job: before.job } : meta,
    });
    if (before) void uppy.retryUpload(id);
  }
  return refused;
}

export function describe(id: string, about: Partial<About>): void {
  uppy.setFileMeta(id, { ...uppy.getFile(id).meta, ...about });
}

/** Nobody sends the rest: the job is cancelled, and the store lets go of the parts. */
export async function giveUp(job_id: string): Promise<void> {
  drop(job_id);
  // What is over already needs no end.
  await api.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id } } }).catch(() => undefined);
}

/** How far an upload is, as the store has it. */
export async function progressOf(job_id: string) {
  return body(api.GET("/api/v1/upload/{job_id}/parts", { params: { path: { job_id } } }));
}

export function isOver(error: unknown): boolean {
  return error instanceof Refused && (OVER.has(error.code) || error.code === "upload_complete");
}

async function prepared(file: Sent): Promise<void> {
  try {
    const job = (file.meta.job && (await goingOn(file, file.meta.job))) || (await grant(file));
    // As Uppy keeps what it can go on with: then it asks which parts are there, and breaks nothing off when one fails.
    uppy.setFileState(file.id, { s3Multipart: { key: job, uploadId: job } } as Partial<Sent>);
  } catch (error) {
    uppy.emit("upload-error", file, error instanceof Error ? error : new Error(String(error)));
  }
}

/** The job, or null when it has to begin anew. */
async function goingOn(file: Sent, job: string): Promise<string | null> {
  try {
    const { part_size, captions_arrived } = await progressOf(job);
    partSizes.set(file.data as File, part_size);
    if (captions_arrived === false && file.meta.captions) await sendCaptions(job, file.meta.captions);
    return job;
  } catch (error) {
    if (!isOver(error)) throw error;
    if ((error as Refused).code === "upload_complete" && partSizes.has(file.data as File)) return job;
    drop(job);
    return null;
  }
}

async function grant(file: Sent): Promise<string> {
  const { title, language, recorded, captions } = file.meta;
  const { job_id, parts } = await body(
    api.POST("/api/v1/upload", {
      body: {
        filename: file.name,
        size: file.size!,
        title: title.trim() || null,
        language: language.trim() || null,
        recorded_on: recorded || null,
        captions_filename: captions?.name ?? null,
      },
    }),
  );
  const { part_size, urls, expires_at } = parts!;
  partSizes.set(file.data as File, part_size);
  links.keep(job_id, { urls: urls.map((url, at) => ({ number: at + 1, url })), expires_at });
  describe(file.id, { job: job_id });
  memory.remember({ job: job_id, name: file.name, size: file.size!, modified: (file.data as File).lastModified });
  if (captions) await sendCaptions(job_id, captions);
  return job_id;
}

async function arrived(file: Sent, job: string): Promise<{ PartNumber: number; ETag: string }[]> {
  try {
    const { parts } = await progressOf(job);
    return parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
  } catch (error) {
    if (!(error instanceof Refused && error.code === "upload_complete")) throw error;
    // The answer to completing was lost. Completing again is harmless, and nothing is to be sent.
    return Array.from({ length: partsOf(file) }, (_, at) => ({ PartNumber: at + 1, ETag: "there" }));
  }
}

function partsOf(file: Sent): number {
  return Math.max(1, Math.ceil(file.size! / partSizes.get(file.data as File)!));
}

function drop(job: string): void {
  links.forget(job);
  memory.forget(job);
}

async function sendCaptions(job: string, captions: File): Promise<void> {
  await raw(`api/v1/upload/${job}/captions`, { method: "PUT", headers: { "Content-Type": KIND }, body: captions });
}
