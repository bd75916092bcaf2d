// A reading that is made at most once in a while, and served from memory in between.

/** Makes a value when it is read, unless the last one is still fresh or is being made. */
export class CachedReading<Value> {
  private value: Promise<Value> | undefined;
  private isPending = false;
  private startedAt = -Infinity;

  /** `maxAge` and `now` are in the same unit; `now` is monotonic. */
  constructor(
    private readonly make: () => Value | Promise<Value>,
    private readonly maxAge: number,
    private readonly now: () => number,
  ) {}

  read(): Promise<Value> {
    const now = this.now();
    if (this.value && (this.isPending || now - this.startedAt < this.maxAge)) return this.value;
    this.startedAt = now;
    this.isPending = true;
    this.value = this.start();
    return this.value;
  }

  /** A failure is not kept: the next reader tries again. */
  private async start(): Promise<Value> {
    try {
      return await this.make();
    } catch (error) {
      this.startedAt = -Infinity;
      throw error;
    } finally {
      this.isPending = false;
    }
  }
}
