// The stations of a backend: one per resource, serving the work of the jobs it holds at the resource's capacity.

/** Work waiting for one resource of one backend. Jobs are small integers; times are absolute, seconds. */
export interface Station {
  /** Adds a job with this amount of work, units. */
  add(now: number, job: number, work: number): void;
  /** When the next job departs if nothing changes; infinite when the station is empty. */
  nextDeparture(): number;
  /** Removes and returns the job that departs now. */
  depart(now: number): number;
  /** Sets the capacity from now on, units per second. */
  setCapacity(now: number, capacity: number): void;
}

/** How a station shares its capacity among its jobs. */
export type Discipline = 'processor-sharing' | 'fifo';

export function createStation(discipline: Discipline, capacity: number): Station {
  return discipline === 'fifo' ? new FifoStation(capacity) : new SharingStation(capacity);
}

/**
 * Egalitarian processor sharing. Every job present is served equally, so it is enough to count the service that one
 * job has attained since the station was last empty: a job departs when that count reaches the count at its arrival
 * plus its work. O(log jobs) for each arrival and departure.
 */
class SharingStation implements Station {
  private attained = 0;
  private at = 0;
  private count = 0;
  private leaveAt = new Float64Array(16);
  private jobs = new Int32Array(16);

  constructor(private capacity: number) {}

  add(now: number, job: number, work: number): void {
    this.advance(now);
    if (this.count === this.jobs.length) this.grow();
    const { leaveAt, jobs } = this;
    const key = this.attained + work;
    let at = this.count++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (leaveAt[parent] <= key) break;
      leaveAt[at] = leaveAt[parent];
      jobs[at] = jobs[parent];
      at = parent;
    }
    leaveAt[at] = key;
    jobs[at] = job;
  }

  nextDeparture(): number {
    if (this.count === 0) return Infinity;
    return this.at + (Math.max(0, this.leaveAt[0] - this.attained) * this.count) / this.capacity;
  }

  depart(now: number): number {
    this.advance(now);
    const { leaveAt, jobs } = this;
    const leaving = jobs[0];
    const count = --this.count;
    const key = leaveAt[count];
    const job = jobs[count];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      if (child + 1 < count && leaveAt[child + 1] < leaveAt[child]) child++;
      if (leaveAt[child] >= key) break;
      leaveAt[at] = leaveAt[child];
      jobs[at] = jobs[child];
      at = child;
    }
    leaveAt[at] = key;
    jobs[at] = job;
    if (count === 0) this.attained = 0;
    return leaving;
  }

  setCapacity(now: number, capacity: number): void {
    this.advance(now);
    this.capacity = capacity;
  }

  private advance(now: number): void {
    if (this.count > 0) this.attained += ((now - this.at) * this.capacity) / this.count;
    this.at = now;
  }

  private grow(): void {
    this.leaveAt = grown(this.leaveAt, new Float64Array(2 * this.leaveAt.length));
    this.jobs = grown(this.jobs, new Int32Array(2 * this.jobs.length));
  }
}

/** First come, first served: a ring of jobs. Only its head is in service. */
class FifoStation implements Station {
  private headLeavesAt = Infinity;
  private head = 0;
  private count = 0;
  private works = new Float64Array(16);
  private jobs = new Int32Array(16);

  constructor(private capacity: number) {}

  add(now: number, job: number, work: number): void {
    if (this.count === this.jobs.length) this.grow();
    const at = (this.head + this.count++) & (this.jobs.length - 1);
    this.works[at] = work;
    this.jobs[at] = job;
    if (this.count === 1) this.headLeavesAt = now + work / this.capacity;
  }

  nextDeparture(): number {
    return this.headLeavesAt;
  }

  depart(now: number): number {
    const leaving = this.jobs[this.head];
    this.head = (this.head + 1) & (this.jobs.length - 1);
    this.count--;
    this.headLeavesAt = this.count === 0 ? Infinity : now + this.works[this.head] / this.capacity;
    return leaving;
  }

  setCapacity(now: number, capacity: number): void {
    if (this.count > 0) this.headLeavesAt = now + ((this.headLeavesAt - now) * this.capacity) / capacity;
    this.capacity = capacity;
  }

  private grow(): void {
    const { head, jobs, works } = this;
    const size = jobs.length;
    this.jobs = new Int32Array(2 * size);
    this.works = new Float64Array(2 * size);
    for (let i = 0; i < this.count; i++) {
      this.jobs[i] = jobs[(head + i) & (size - 1)];
      this.works[i] = works[(head + i) & (size - 1)];
    }
    this.head = 0;
  }
}

function grown<Column extends Float64Array | Int32Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
