// What every lane knows of a request before it is placed.
import type { PlacementRequest } from '../../placement/drf.scheduler.js';
import type { Route } from '../routing/route.js';

/** What is known of a request once its head is read. */
export interface PlacedRequest extends PlacementRequest {
  readonly client: string;
  /** The route that it takes; it keeps this one, whatever is reloaded. */
  readonly route: Route;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
}
