/** The uploads of this tab: they go on while other pages are looked at. */

import AwsS3, { type AwsS3Options } from "@uppy/aws-s3";
import Uppy, { type UppyFile } from "@uppy/core";
import { api, body, raw } from "../api/client";
import { choose, titleOf, type Chosen } from "./choosing";

export type About = {
  title: string;
  language: string;
  captions: File | null;
  /** The job that the API granted, and where its parts go. */
  job?: string;
  urls?: string[];
};

type Body = Record<string, never>;
export type Sent = UppyFile<About, Body>;

const AT_ONCE = 4;
const ATTEMPTS = [0, 1_000, 3_000, 5_000, 10_000];
const KIND = "application/octet-stream";

/** What the store took, by job: what a resumed upload need not send again. */
const kept = new Map<string, { PartNumber: number; ETag: string }[]>();
/** How large the API wants the parts of a file. */
const partSizes = new WeakMap<Blob, number>();

export const uppy = new Uppy<About, Body>({ autoProceed: false, allowMultipleUploadBatches: true });

const store: AwsS3Options<About, Body> = {
  limit: AT_ONCE,
  retryDelays: ATTEMPTS,
  shouldUseMultipart: true,
  getChunkSize: (data) => partSizes.get(data as File)!,
  createMultipartUpload: ({ meta }) => ({ uploadId: meta.job!, key: meta.job! }),
  signPart: ({ meta }, { partNumber }) => ({ method: "PUT", url: meta.urls![partNumber - 1]! }),
  listParts: (_, { uploadId }) => kept.get(uploadId!) ?? [],
  abortMultipartUpload: async (_, { uploadId }) => {
    await api.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: uploadId! } } });
  },
  completeMultipartUpload: async ({ meta }, { uploadId, parts }) => {
    if (meta.captions) await sendCaptions(uploadId, meta.captions);
    const etags = parts.sort((one, other) => one.PartNumber! - other.PartNumber!).map((part) => part.ETag!);
    await body(
      api.POST("/api/v1/upload/{job_id}/complete", { params: { path: { job_id: uploadId } }, body: { etags } }),
    );
    return {};
  },
};

uppy.use(AwsS3<About, Body>, store);

uppy.on("s3-multipart:part-uploaded", ({ meta }, part) => {
  kept.set(meta.job!, [...(kept.get(meta.job!) ?? []), part]);
});

// A file that the API refuses doesn't hold up the others.
uppy.addPreProcessor(async (ids) => {
  await Promise.all(
    ids.map(async (id) => {
      const file = uppy.getFile(id);
      if (file.meta.job) return;
      await grant(file).catch((error: Error) => uppy.emit("upload-error", file, error));
    }),
  );
});

// What the lost connection broke off goes on by itself; the store still has the parts before.
addEventListener("online", () => void uppy.retryAll());

/** Takes what can be sent, and tells what can't. */
export function add(files: File[]): Chosen<File>["refused"] {
  const { taken, refused } = choose(files);
  for (const { media, captions } of taken) {
    const meta: About = { title: titleOf(media.name), language: "", captions };
    const known = uppy.getFiles().some(({ name, size }) => name === media.name && size === media.size);
    if (!known) uppy.addFile({ name: media.name, type: media.type, data: media, meta });
  }
  return refused;
}

export function describe(id: string, about: Partial<About>): void {
  uppy.setFileMeta(id, { ...uppy.getFile(id).meta, ...about });
}

async function grant(file: Sent): Promise<void> {
  const { title, language, captions } = file.meta;
  const answer = await body(
    api.POST("/api/v1/upload", {
      body: {
        filename: file.name,
        size: file.size!,
        title: title.trim() || null,
        language: language.trim() || null,
        captions_filename: captions?.name ?? null,
      },
    }),
  );
  partSizes.set(file.data as File, answer.parts!.part_size);
  describe(file.id, { job: answer.job_id, urls: answer.parts!.urls });
}

async function sendCaptions(job: string, captions: File): Promise<void> {
  await raw(`api/v1/upload/${job}/captions`, { method: "PUT", headers: { "Content-Type": KIND }, body: captions });
}
