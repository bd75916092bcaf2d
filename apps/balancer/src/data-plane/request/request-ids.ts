// The ids of requests: those of trusted proxies, or new ones. Random bytes are drawn for many ids at once, since a call of
// the crypto library costs a hundred times as much as the rest of an id.
import { randomFillSync } from 'node:crypto';
import type { BalancerConfig } from '../../config/balancer.config.js';
import { REQUEST_ID_FIELD, isRequestId } from '../headers/request-id-header.js';
import type { Peer } from './client-identity.js';

/** The random bytes of an id: 16, like a UUID, so that no two ids are equal in practice. */
const ID_BYTES = 16;
/** The length of a new id: hexadecimal digits. */
export const NEW_ID_LENGTH = 2 * ID_BYTES;
/** Ids per call of the crypto library. */
const IDS_PER_DRAW = 1024;
const DIGITS = Buffer.from('0123456789abcdef', 'latin1');

/** What the id of a request depends on. */
export interface IdentifiableRequest {
  readonly peer: Pick<Peer, 'isProxy'>;
  /** A field by its name in lower case; undefined when it is absent. */
  readonly field: (name: string) => string | undefined;
}

/** Reads and makes request ids. */
export class RequestIds {
  /** Whether requests have ids. */
  readonly isOn: boolean;
  private readonly random = Buffer.allocUnsafeSlow(IDS_PER_DRAW * ID_BYTES);
  /** Where the unused bytes begin. */
  private unusedAt = IDS_PER_DRAW * ID_BYTES;

  constructor({ REQUEST_ID }: Pick<BalancerConfig, 'REQUEST_ID'>) {
    this.isOn = REQUEST_ID === 'on';
  }

  /** The id that a trusted proxy gave a request; undefined without a valid one, and with `REQUEST_ID=off`. */
  given({ peer, field }: IdentifiableRequest): string | undefined {
    if (!peer.isProxy || !this.isOn) return undefined;
    const id = field(REQUEST_ID_FIELD);
    return id !== undefined && isRequestId(id) ? id : undefined;
  }

  /** The id of a request that was given `givenId`, or a new one; undefined with `REQUEST_ID=off`. */
  of(givenId: string | undefined): string | undefined {
    if (!this.isOn || givenId !== undefined) return givenId;
    const from = this.draw();
    return this.random.toString('hex', from, from + ID_BYTES);
  }

  /** Writes a new id, {@link NEW_ID_LENGTH} bytes, to `out` at `at`. Returns where it ends. */
  write(out: Uint8Array, at: number): number {
    const from = this.draw();
    const { random } = this;
    for (let i = 0; i < ID_BYTES; i++) {
      const byte = random[from + i];
      out[at + 2 * i] = DIGITS[byte >> 4];
      out[at + 2 * i + 1] = DIGITS[byte & 15];
    }
    return at + NEW_ID_LENGTH;
  }

  /** Returns where the bytes of a new id are. They are used once. */
  private draw(): number {
    if (this.unusedAt === this.random.length) {
      randomFillSync(this.random);
      this.unusedAt = 0;
    }
    const at = this.unusedAt;
    this.unusedAt += ID_BYTES;
    return at;
  }
}
