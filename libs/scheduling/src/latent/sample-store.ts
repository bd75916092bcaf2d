// The newest samples of latency, in typed arrays that are allocated once.

/** Largest number of classes kept beside a request: those with the most requests, scaled so that the totals are kept. */
const MAX_NEIGHBOURS = 8;
/** A presence below this is left out, mean number of requests. */
const MIN_BESIDE = 1e-3;

/** What one response shows. */
export interface Sample {
  readonly classId: number;
  readonly slot: number;
  /** From dispatch to the end of the response. Above 0. */
  readonly seconds: number;
  /** What it would have been if the mean number of others had been there throughout. */
  readonly steadySeconds: number;
  /** Mean number of other requests on the machine during the stay, by class. */
  readonly beside: Float64Array;
  /** Other requests on the machine at dispatch, by class. */
  readonly ahead: Float64Array;
  /** When it ended, seconds on a monotonic clock. */
  readonly atSeconds: number;
}

/** The last `capacity` samples; a new one replaces the oldest. */
export class SampleStore {
  /** How many there are. */
  count = 0;
  /** How many were added since the start. */
  total = 0;
  /** By sample. */
  readonly classIds: Uint32Array;
  readonly slots: Uint16Array;
  readonly seconds: Float64Array;
  readonly steadySeconds: Float64Array;
  readonly atSeconds: Float64Array;
  /** Mean number of others, of all classes. */
  readonly others: Float64Array;
  /** 1; 0 for a sample of a class or machine that was forgotten. */
  readonly isValid: Uint8Array;
  readonly neighbourCount: Uint8Array;
  /** Classes beside it, at `sample * stride + i`, and how many requests of them. */
  readonly neighbours: Uint32Array;
  readonly beside: Float32Array;
  readonly ahead: Float32Array;
  /** Places for neighbours of one sample. */
  readonly stride = MAX_NEIGHBOURS;

  constructor(readonly capacity: number) {
    this.classIds = new Uint32Array(capacity);
    this.slots = new Uint16Array(capacity);
    this.seconds = new Float64Array(capacity);
    this.steadySeconds = new Float64Array(capacity);
    this.atSeconds = new Float64Array(capacity);
    this.others = new Float64Array(capacity);
    this.isValid = new Uint8Array(capacity);
    this.neighbourCount = new Uint8Array(capacity);
    this.neighbours = new Uint32Array(capacity * MAX_NEIGHBOURS);
    this.beside = new Float32Array(capacity * MAX_NEIGHBOURS);
    this.ahead = new Float32Array(capacity * MAX_NEIGHBOURS);
  }

  /** Adds a sample, O(classes). One that is not finite and positive is ignored. */
  add(sample: Sample): void {
    const { seconds, steadySeconds } = sample;
    if (!(seconds > 0) || !(steadySeconds > 0) || !Number.isFinite(seconds + steadySeconds)) return;
    const at = this.total % this.capacity;
    this.total++;
    this.count = Math.min(this.capacity, this.count + 1);
    this.classIds[at] = sample.classId;
    this.slots[at] = sample.slot;
    this.seconds[at] = seconds;
    this.steadySeconds[at] = steadySeconds;
    this.atSeconds[at] = sample.atSeconds;
    this.isValid[at] = 1;
    this.addNeighbours(at, sample.beside, sample.ahead);
  }

  /** How many samples were added after this one. */
  age(at: number): number {
    return (this.total - 1 - at) % this.capacity;
  }

  /** Ignores the samples of a class from now on. As a neighbour in other samples it stays: these are few, and fade. */
  forgetClass(classId: number): void {
    for (let at = 0; at < this.count; at++) if (this.classIds[at] === classId) this.isValid[at] = 0;
  }

  /** Ignores the samples of a machine from now on. */
  forgetSlot(slot: number): void {
    for (let at = 0; at < this.count; at++) if (this.slots[at] === slot) this.isValid[at] = 0;
  }

  private addNeighbours(at: number, beside: Float64Array, ahead: Float64Array): void {
    const first = at * MAX_NEIGHBOURS;
    let count = 0;
    let [allBeside, allAhead] = [0, 0];
    for (let k = 0; k < beside.length; k++) {
      if (beside[k] < MIN_BESIDE && ahead[k] === 0) continue;
      allBeside += beside[k];
      allAhead += ahead[k];
      let place = first + count;
      if (count < MAX_NEIGHBOURS) count++;
      else {
        place = this.smallest(first);
        if (beside[k] <= this.beside[place]) continue;
      }
      this.neighbours[place] = k;
      this.beside[place] = beside[k];
      this.ahead[place] = ahead[k];
    }
    this.neighbourCount[at] = count;
    this.others[at] = allBeside;
    scale(this.beside.subarray(first, first + count), allBeside);
    scale(this.ahead.subarray(first, first + count), allAhead);
  }

  private smallest(first: number): number {
    let smallest = first;
    for (let i = 1; i < MAX_NEIGHBOURS; i++) {
      if (this.beside[first + i] < this.beside[smallest]) smallest = first + i;
    }
    return smallest;
  }
}

/** Multiplies the values so that their sum is `total`; leaves zeros alone. */
function scale(values: Float32Array, total: number): void {
  let sum = 0;
  for (const value of values) sum += value;
  if (sum > 0) for (let i = 0; i < values.length; i++) values[i] *= total / sum;
}
