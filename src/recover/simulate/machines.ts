import type { FaultKind } from "../../plan/command/simulate.js";
import type { Random } from "./random.js";
import type { SimulationSpec } from "./spec.js";

/** A node's health matters only while it is bad; all others are well. */
export interface BadNode {
  readonly kind: FaultKind;
  /** When it is back, milliseconds. */
  readonly backAt: number;
}

/** Faults that break a node until it is repaired. */
const breaking: ReadonlySet<FaultKind> = new Set(["node", "device", "link", "slow"]);

/**
 * Which machines the run uses, which stand ready, and which are being repaired. Nodes have numbers; ranks sit on
 * places.
 */
export class Machines {
  readonly #spec: SimulationSpec;
  /** Node at each place of the run. */
  readonly #places: number[];
  /** And the other way round. */
  readonly #placeOf: Map<number, number>;
  readonly #spares: number[];
  readonly #bad = new Map<number, BadNode>();

  constructor(spec: SimulationSpec) {
    this.#spec = spec;
    this.#places = Array.from({ length: spec.nodes }, (_, node) => node);
    this.#placeOf = new Map(this.#places.map((node) => [node, node]));
    this.#spares = Array.from({ length: spec.spares }, (_, index) => spec.nodes + index);
  }

  get spares(): readonly string[] {
    return this.#spares.map(nodeName);
  }

  get badCount(): number {
    return this.#bad.size;
  }

  nodeAt(place: number): number {
    return this.#places[place] as number;
  }

  isBad(node: number): boolean {
    return this.#bad.has(node);
  }

  /** Factor on the step time: the slowest node sets the pace. */
  get slowdown(): number {
    return [...this.#bad].some(([node, { kind }]) => kind === "slow" && this.#placeOf.has(node)) ? 1.5 : 1;
  }

  /** Places of nodes that cannot take part in a start; slow ones can. */
  get brokenPlaces(): readonly number[] {
    if (this.#bad.size === 0) return [];
    return [...this.#bad].filter(([, { kind }]) => kind !== "slow").flatMap(([node]) => this.#placeOf.get(node) ?? []);
  }

  /**
   * Breaks the node at a place, and with it some of its rack where the table says so. Returns the nodes that broke;
   * none for faults of software.
   */
  strike(kind: FaultKind, place: number, { random, now }: { readonly random: Random; readonly now: number }): number[] {
    if (!breaking.has(kind)) return [];
    const { nodesPerRack, nodes, faults, repairMs } = this.#spec;
    const rack = Math.floor(place / nodesPerRack) * nodesPerRack;
    const together = kind !== "slow" && random.chance(faults.rackShare ?? 0);
    const places = together
      ? Array.from({ length: Math.min(nodesPerRack, nodes - rack) }, (_, index) => rack + index).filter(
          (each) => each === place || random.chance(0.3),
        )
      : [place];
    const struck = places.map((each) => this.nodeAt(each)).filter((node) => !this.#bad.has(node));
    for (const node of struck) this.#bad.set(node, { kind, backAt: now + random.exponential(repairMs) });
    return struck;
  }

  backAt(node: number): number {
    return this.#bad.get(node)?.backAt ?? 0;
  }

  /** A repaired node joins the spares unless it still holds its place. */
  repaired(node: number): void {
    this.#bad.delete(node);
    if (!this.#placeOf.has(node)) this.#spares.push(node);
  }

  /** Takes a node on suspicion out of its place if there is a spare for it. */
  drop(name: string): void {
    const node = Number(name.replace(/^node-/, ""));
    const place = this.#placeOf.get(node);
    if (place !== undefined && !this.#bad.has(node)) this.replace([place]);
  }

  /** Puts spares on the given places. Returns the places for which there was none. */
  replace(places: readonly number[]): readonly number[] {
    return places.filter((place) => {
      const spare = this.#spares.shift();
      if (spare === undefined) return true;
      const old = this.nodeAt(place);
      this.#places[place] = spare;
      this.#placeOf.delete(old);
      this.#placeOf.set(spare, place);
      // A healthy node that was replaced on suspicion is checked and stands ready afterwards.
      if (!this.#bad.has(old)) this.#spares.push(old);
      return false;
    });
  }
}

export function nodeName(node: number): string {
  return `node-${node}`;
}
