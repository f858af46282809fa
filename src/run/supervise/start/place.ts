import { statSync } from "node:fs";
import { readlink, symlink } from "node:fs/promises";

/** What became of the run folder. `moved`: it has another path now; `gone`: it was deleted. */
export type PlaceChange = "moved" | "gone" | undefined;

interface Identity {
  readonly dev: number;
  readonly ino: number;
}

/** Undefined also where it can't be looked at. */
function identityOf(path: string): Identity | undefined {
  try {
    const found = statSync(path);
    return found.isDirectory() ? { dev: found.dev, ino: found.ino } : undefined;
  } catch {
    return undefined;
  }
}

function isSame(a: Identity | undefined, b: Identity | undefined): boolean {
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev;
}

/**
 * Where the run folder is now. The process works in the folder, so the operating system tells its new path after a
 * rename. The engine keeps writing to the old path; a link from there to the new place keeps its checkpoints
 * together.
 */
export class Place {
  readonly #original: string;
  readonly #identity: Identity | undefined;
  readonly #worksHere: boolean;
  #folder: string;

  private constructor(folder: string, identity: Identity | undefined, worksHere: boolean) {
    this.#original = folder;
    this.#folder = folder;
    this.#identity = identity;
    this.#worksHere = worksHere;
  }

  static open(folder: string): Place {
    const identity = identityOf(folder);
    return new Place(folder, identity, isSame(identity, identityOf(".")));
  }

  /** Its path as of the last look. */
  get folder(): string {
    return this.#folder;
  }

  /**
   * The path to read and write by, which stays right between a rename and the next look; relative in a process that
   * works in the folder.
   */
  get at(): string {
    return this.#worksHere ? "." : this.#folder;
  }

  /**
   * Looks whether the folder is where it was. Without /proc, and in a process that works elsewhere, a moved folder
   * counts as gone.
   */
  async look(): Promise<PlaceChange> {
    if (this.#is(identityOf(this.#folder))) return undefined;
    const now = await readlink("/proc/self/cwd").catch(() => "");
    if (!this.#is(identityOf(now))) return "gone";
    this.#folder = now;
    await symlink(now, this.#original).catch(() => undefined);
    return "moved";
  }

  #is(found: Identity | undefined): boolean {
    return this.#identity === undefined || isSame(this.#identity, found);
  }
}
