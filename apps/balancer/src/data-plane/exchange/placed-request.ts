// What every lane knows of a request before it is placed.
import type { PlacementRequest } from '../../placement/drf.scheduler.js';

/** What is known of a request once its head is read. */
export interface PlacedRequest extends PlacementRequest {
  readonly client: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
}
