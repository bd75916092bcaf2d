// The candidate with the smallest score; equal ones take turns.

/**
 * Collects scores and hands back the position with the smallest. Exact ties rotate, so that none of them is favoured
 * for standing first. Reused from decision to decision without allocating, but to grow.
 */
export class ArgMin {
  private ties = new Int32Array(16);
  private tieCount = 0;
  private smallest = Infinity;
  private turn = 0;

  offer(position: number, score: number): void {
    if (score > this.smallest) return;
    if (score < this.smallest) {
      this.smallest = score;
      this.tieCount = 0;
    }
    if (this.tieCount === this.ties.length) this.grow();
    this.ties[this.tieCount++] = position;
  }

  /** The position with the smallest score, -1 when none was offered; ready for the next decision afterwards. */
  pop(): number {
    const { tieCount } = this;
    this.tieCount = 0;
    this.smallest = Infinity;
    if (tieCount === 0) return -1;
    if (tieCount === 1) return this.ties[0];
    this.turn = (this.turn + 1) % 0x4000_0000;
    return this.ties[this.turn % tieCount];
  }

  private grow(): void {
    const ties = new Int32Array(2 * this.ties.length);
    ties.set(this.ties);
    this.ties = ties;
  }
}
