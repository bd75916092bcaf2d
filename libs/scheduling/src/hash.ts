// Hashes for text keys.

/**
 * FNV-1a over UTF-16 code units: 32 bits, the same on every machine. Not safe against chosen keys.
 * Source: draft-eastlake-fnv.
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The secret of a {@link KeyedHash}: two words of 32 random bits. */
export type HashKey = readonly [number, number];

/**
 * HalfSipHash-2-4: 32 bits that cannot be foreseen without the key, so that a client cannot choose texts whose hashes are alike.
 * O(length), and allocates nothing.
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012); https://github.com/veorq/SipHash.
 */
export class KeyedHash {
  private v0 = 0;
  private v1 = 0;
  private v2 = 0;
  private v3 = 0;

  constructor(private readonly key: HashKey) {}

  /**
   * Returns the hash of a text.
   *
   * @param text of which each character stands for one byte, as in heads; of others, the lower 8 bits count.
   */
  of(text: string): number {
    const [k0, k1] = this.key;
    const { length } = text;
    this.v0 = k0;
    this.v1 = k1;
    this.v2 = 0x6c796765 ^ k0;
    this.v3 = 0x74656462 ^ k1;
    const end = length & ~3;
    for (let at = 0; at < end; at += 4) this.absorb(wordAt(text, at, 4));
    this.absorb(wordAt(text, end, length - end) | (length << 24));
    this.v2 ^= 0xff;
    for (let round = 0; round < 4; round++) this.mix();
    return (this.v1 ^ this.v3) >>> 0;
  }

  private absorb(word: number): void {
    this.v3 ^= word;
    this.mix();
    this.mix();
    this.v0 ^= word;
  }

  /** One round. */
  private mix(): void {
    let { v0, v1, v2, v3 } = this;
    v0 = (v0 + v1) | 0;
    v1 = rotated(v1, 5) ^ v0;
    v0 = rotated(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotated(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotated(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotated(v1, 13) ^ v2;
    v2 = rotated(v2, 16);
    this.v0 = v0;
    this.v1 = v1;
    this.v2 = v2;
    this.v3 = v3;
  }
}

/** Up to four characters as the bytes of a word, the first one lowest. */
function wordAt(text: string, at: number, count: number): number {
  let word = 0;
  for (let i = 0; i < count; i++) word |= (text.charCodeAt(at + i) & 0xff) << (8 * i);
  return word;
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
