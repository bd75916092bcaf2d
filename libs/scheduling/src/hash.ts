// A hash for keys that come as text.

/** FNV-1a over UTF-16 code units: 32 bits, the same everywhere. Source: draft-eastlake-fnv. Not for adversaries. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
