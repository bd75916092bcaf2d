// The stations of a simulation by their next departure: a binary heap that tracks the position of each station.

/** One time per station. A change is O(log stations), reading the earliest O(1). Only the constructor allocates. */
export class EventQueue {
  private readonly heap: Int32Array;
  private readonly place: Int32Array;
  private readonly times: Float64Array;

  constructor(stationCount: number) {
    this.heap = Int32Array.from({ length: stationCount }, (_, station) => station);
    this.place = this.heap.slice();
    this.times = new Float64Array(stationCount).fill(Infinity);
  }

  /** The station with the earliest departure. */
  get first(): number {
    return this.heap[0];
  }

  /** Time of the earliest departure; infinite when there is none. */
  get firstTime(): number {
    return this.times[this.heap[0]];
  }

  schedule(station: number, time: number): void {
    const before = this.times[station];
    this.times[station] = time;
    if (time < before) this.rise(this.place[station]);
    else if (time > before) this.sink(this.place[station]);
  }

  private rise(from: number): void {
    const { heap, place, times } = this;
    const station = heap[from];
    const time = times[station];
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (times[heap[parent]] <= time) break;
      place[(heap[at] = heap[parent])] = at;
      at = parent;
    }
    place[(heap[at] = station)] = at;
  }

  private sink(from: number): void {
    const { heap, place, times } = this;
    const station = heap[from];
    const time = times[station];
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && times[heap[child + 1]] < times[heap[child]]) child++;
      if (times[heap[child]] >= time) break;
      place[(heap[at] = heap[child])] = at;
      at = child;
    }
    place[(heap[at] = station)] = at;
  }
}
