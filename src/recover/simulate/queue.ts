/** Events by time; those of the same time in the order in which they were added. A binary heap. */
export class EventQueue<T> {
  readonly #heap: { readonly time: number; readonly order: number; readonly value: T }[] = [];
  #count = 0;

  get nextTime(): number {
    return this.#heap[0]?.time ?? Number.POSITIVE_INFINITY;
  }

  add(time: number, value: T): void {
    const heap = this.#heap;
    const item = { time, order: this.#count, value };
    this.#count += 1;
    let place = heap.push(item) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#before(parent, place)) break;
      this.#swap(parent, place);
      place = parent;
    }
  }

  /** Takes the earliest event; undefined if none is left. */
  take(): { readonly time: number; readonly value: T } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= heap.length) return first;
      const child = left + 1 < heap.length && this.#before(left + 1, left) ? left + 1 : left;
      if (this.#before(place, child)) return first;
      this.#swap(place, child);
      place = child;
    }
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    if (x === undefined || y === undefined) return true;
    return x.time !== y.time ? x.time < y.time : x.order < y.order;
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    const [x, y] = [heap[a], heap[b]];
    if (x === undefined || y === undefined) return;
    heap[a] = y;
    heap[b] = x;
  }
}
