import { describe, expect, it } from "vitest";
import { Memory } from "./remembered";

const JOB = "00000000-0000-4000-8000-000000000001";
const upload = { job: JOB, name: "talk.mp4", size: 10, modified: 5 };
const file = { name: "talk.mp4", size: 10, lastModified: 5 };

function place(content: string | null = null) {
  const kept = new Map<string, string>(content === null ? [] : [["uploads", content]]);
  return {
    kept,
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
}

describe("uploads that were broken off", () => {
  it("are known after a reload, by the very same file only", () => {
    const store = place();
    new Memory(store).remember(upload);
    const later = new Memory(store);
    expect(later.of(file)).toEqual(upload);
    expect(later.of({ ...file, size: 11 })).toBeUndefined();
    expect(later.of({ ...file, lastModified: 6 })).toBeUndefined();
  });

  it("are forgotten with nothing left behind", () => {
    const store = place();
    const memory = new Memory(store);
    memory.remember(upload);
    memory.forget(JOB);
    expect([memory.all(), store.kept.size]).toEqual([[], 0]);
  });

  it("are told to who listens, and remembered once", () => {
    const memory = new Memory(place());
    const seen: number[] = [];
    const stop = memory.subscribe(() => seen.push(memory.all().length));
    memory.remember(upload);
    memory.remember({ ...upload, name: "other.mp4" });
    stop();
    memory.clear();
    expect(seen).toEqual([1, 1]);
  });

  it("are not believed when something else stands in their place", () => {
    for (const text of ["{", "7", "null", '{"job":1}', JSON.stringify([{ ...upload, job: "../../x" }, { job: JOB }, null])]) {
      expect(new Memory(place(text)).all()).toEqual([]);
    }
  });

  it("are remembered by this page alone where nothing can be kept", () => {
    const memory = new Memory({ getItem: () => null, setItem: () => { throw new Error("full"); }, removeItem: () => undefined });
    memory.remember(upload);
    expect(memory.of(file)).toEqual(upload);
    expect(new Memory(undefined).all()).toEqual([]);
  });
});
