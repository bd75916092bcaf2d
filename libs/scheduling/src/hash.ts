// A hash for text keys.

/**
 * FNV-1a over UTF-16 code units: 32 bits, the same on every machine. Not safe against chosen keys.
 * Source: draft-eastlake-fnv.
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
