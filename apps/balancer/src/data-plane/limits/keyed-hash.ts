// A keyed hash for text that strangers choose: without the key, nobody can find texts with the same hash.

/** HalfSipHash-2-4 with a result of 64 bits (Aumasson and Bernstein, 2012; the variant of 32-bit words), over UTF-16. */
export class KeyedHash {
  /** The result of the last {@link update}, as two signed 32-bit words. */
  low = 0;
  high = 0;
  private v0 = 0;
  private v1 = 0;
  private v2 = 0;
  private v3 = 0;

  /** `key0` and `key1`: random 32-bit words. */
  constructor(
    private readonly key0: number,
    private readonly key1: number,
  ) {}

  update(text: string): void {
    const { key0, key1 } = this;
    this.v0 = key0;
    this.v1 = key1 ^ 0xee;
    this.v2 = 0x6c796765 ^ key0;
    this.v3 = 0x74656462 ^ key1;
    const pairs = text.length >> 1;
    for (let i = 0; i < pairs; i++) this.absorb(text.charCodeAt(2 * i) | (text.charCodeAt(2 * i + 1) << 16));
    const last = text.length % 2 === 1 ? text.charCodeAt(text.length - 1) : 0;
    // The length counts in bytes, two for each code unit.
    this.absorb((text.length << 25) | last);
    this.v2 ^= 0xee;
    this.rounds(4);
    this.low = this.v1 ^ this.v3;
    this.v1 ^= 0xdd;
    this.rounds(4);
    this.high = this.v1 ^ this.v3;
  }

  private absorb(word: number): void {
    this.v3 ^= word;
    this.rounds(2);
    this.v0 ^= word;
  }

  private rounds(count: number): void {
    let { v0, v1, v2, v3 } = this;
    for (let i = 0; i < count; i++) {
      v0 = (v0 + v1) | 0;
      v1 = rotate(v1, 5) ^ v0;
      v0 = rotate(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = rotate(v3, 8) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = rotate(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = rotate(v1, 13) ^ v2;
      v2 = rotate(v2, 16);
    }
    this.v0 = v0;
    this.v1 = v1;
    this.v2 = v2;
    this.v3 = v3;
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
