// Finds the candidate with the smallest score and rotates through ties.

/**
 * Collects scores and returns the position with the smallest. Exact ties rotate, so that no candidate is favoured for
 * its position. One object is reused for every decision; it allocates only to grow.
 */
export class ArgMin {
  private ties = new Int32Array(16);
  private tieCount = 0;
  private minScore = Infinity;
  private turn = 0;

  /** Adds a candidate: its position in the fleet and its score. Smaller scores are better. */
  offer(position: number, score: number): void {
    if (score > this.minScore) return;
    if (score < this.minScore) {
      this.minScore = score;
      this.tieCount = 0;
    }
    if (this.tieCount === this.ties.length) this.grow();
    this.ties[this.tieCount++] = position;
  }

  /** Returns the position with the smallest score, or -1 when none was offered, and resets for the next decision. */
  pop(): number {
    const { tieCount } = this;
    this.tieCount = 0;
    this.minScore = Infinity;
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
