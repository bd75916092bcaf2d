// One balancer of the cluster. Its parts are created once; later only changed texts are written.
import { element, setAttribute, setText } from '../dom.js';
import { count, duration } from '../format.js';

/** @import { BalancerSummary } from '../../../src/live/cluster-summary.js' */

/** Heartbeats come every second. */
const JUST_NOW_SECONDS = 3;

const THIS_PAGE = 'The figures of this page are those of this balancer';

export class BalancerCard {
  #id = element('b', { class: 'id' });
  #own = element('span', { class: 'label', title: THIS_PAGE }, 'this page');
  #up = element('b');
  #of = element('span', { class: 'of' });
  #state = element('span', { class: 'state' });
  #seen = element('span', { class: 'sub' });
  #version = element('span', { class: 'version' });
  #address = element('span', { class: 'address' });
  #age = element('span');
  element = element(
    'li',
    {},
    element('p', {}, element('span', { class: 'who' }, this.#id, this.#own), element('span', {}, this.#up, this.#of)),
    element('p', {}, element('span', {}, this.#state, ' ', this.#seen), this.#version),
    element('p', { class: 'sub' }, this.#address, this.#age),
  );

  /**
   * @param {BalancerSummary} balancer
   * @param {BalancerSummary | undefined} own The one whose figures this page shows.
   * @param {boolean} isRegistryAway Heartbeats pass through the registry: whether others live is unknown then.
   */
  show({ id, version, address, since, lastSeenSecondsAgo, isLive, backends, up }, own, isRegistryAway) {
    const isGone = !isLive && !isRegistryAway;
    this.element.classList.toggle('gone', isGone);
    setText(this.#id, id);
    this.#own.hidden = id !== own?.id;
    setText(this.#up, count(up));
    setText(this.#of, ` / ${count(backends)} up`);
    setText(this.#state, isLive ? 'live' : isGone ? 'gone' : 'unknown');
    setAttribute(this.#state, 'data-state', isLive ? 'up' : isGone ? 'down' : 'gone');
    const isNow = lastSeenSecondsAgo < JUST_NOW_SECONDS;
    setText(this.#seen, isNow ? 'seen just now' : `seen ${duration(lastSeenSecondsAgo)} ago`);
    setText(this.#version, version);
    this.#version.classList.toggle('other', own !== undefined && version !== own.version);
    // The default id is the address.
    setText(this.#address, address === id ? '' : address);
    setText(this.#age, !isGone ? `up for ${duration((Date.now() - Date.parse(since)) / 1000)}` : '');
  }
}
