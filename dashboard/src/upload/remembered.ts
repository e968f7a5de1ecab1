/** Uploads that a closed or reloaded page broke off: which file went to which job. Neither bytes nor addresses are kept. */

export type Remembered = { job: string; name: string; size: number; modified: number };

type Place = Pick<Storage, "getItem" | "setItem" | "removeItem">;
type Listener = () => void;
type Like = { name: string; size: number; lastModified: number };

const NAME = "uploads";
const MOST = 100;

export class Memory {
  readonly #listeners = new Set<Listener>();
  #all: readonly Remembered[];

  constructor(private readonly place: Place | undefined) {
    this.#all = read(place);
  }

  all = (): readonly Remembered[] => this.#all;

  subscribe = (listener: Listener): Listener => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  remember(upload: Remembered): void {
    this.#keep([...this.#all.filter(({ job }) => job !== upload.job), upload].slice(-MOST));
  }

  forget(job: string): void {
    this.#keep(this.#all.filter((each) => each.job !== job));
  }

  clear(): void {
    this.#keep([]);
  }

  /** The upload that this very file was on its way with. */
  of(file: Like): Remembered | undefined {
    return this.#all.find(
      ({ name, size, modified }) => name === file.name && size === file.size && modified === file.lastModified,
    );
  }

  #keep(all: readonly Remembered[]): void {
    this.#all = all;
    try {
      if (all.length) this.place?.setItem(NAME, JSON.stringify(all));
      else this.place?.removeItem(NAME);
    } catch {
      // A full or forbidden store: then only this page remembers.
    }
    this.#listeners.forEach((listener) => listener());
  }
}

/** Anything may stand there: another version, or another program on the same origin. */
function read(place: Place | undefined): Remembered[] {
  try {
    const known: unknown = JSON.parse(place?.getItem(NAME) ?? "[]");
    return Array.isArray(known) ? known.filter(isOne).slice(-MOST) : [];
  } catch {
    return [];
  }
}

function isOne(value: unknown): value is Remembered {
  if (typeof value !== "object" || value === null) return false;
  const { job, name, size, modified } = value as Partial<Record<keyof Remembered, unknown>>;
  return typeof job === "string" && /^[0-9a-f-]{36}$/.test(job) && typeof name === "string" && typeof size === "number" && typeof modified === "number";
}
