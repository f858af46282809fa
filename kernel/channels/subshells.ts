import { randomUUID } from "node:crypto";

/** The subshells that clients have created. */
export interface Subshells {
  create(): string;
  /** Returns false if no subshell has that id. */
  delete(id: string): boolean;
  has(id: string): boolean;
  list(): readonly string[];
}

/** `onDelete` is told of each one that goes, so that the cells that wait in it are not forgotten. */
export function createSubshells(onDelete: (id: string) => void): Subshells {
  const ids = new Set<string>();
  return {
    create() {
      const id = randomUUID();
      ids.add(id);
      return id;
    },
    delete(id) {
      if (!ids.delete(id)) return false;
      onDelete(id);
      return true;
    },
    has: (id) => ids.has(id),
    list: () => [...ids],
  };
}
