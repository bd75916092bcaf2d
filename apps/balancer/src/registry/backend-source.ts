// How a backend came into the fleet, in words.
import type { BackendSource } from '@fairlead/contracts';

/** What an event says of a backend when it is new, and when it is known. */
interface SourceWords {
  readonly added: string;
  readonly updated: string;
}

const WORDS: Readonly<Record<BackendSource, SourceWords>> = {
  registered: { added: 'registered', updated: 'registered again' },
  static: { added: 'named by the configuration file', updated: 'named again by the configuration file' },
  dns: { added: 'found by DNS', updated: 'found again by DNS' },
};

/** The words for the source of a backend. */
export function wordsOf({ source = 'registered' }: { readonly source?: BackendSource | undefined }): SourceWords {
  return WORDS[source];
}
