// The section of the balancers that serve the fleet, with their registry. It is hidden where there is only one balancer,
// with a registry of its own.
import { arrange, byId, element, setAttribute, setText } from '../dom.js';
import { clock, count, duration, short } from '../format.js';
import { BalancerCard } from './balancer-card.js';
import { named, viewsByState } from './differences.js';

/** @import { ClusterSummary } from '../../../src/live/cluster-summary.js' */

/** More backends that are seen differently, or records that cannot be used, are counted. */
const MAX_NOTES = 3;

export class Balancers {
  #section = byId('balancers');
  #list = byId('balancer-list');
  #notes = byId('cluster-notes');
  #shownNotes = '';
  /** By id and address: two balancers may have one id by mistake. @type {Map<string, BalancerCard>} */
  #cards = new Map();

  /** @param {ClusterSummary | null} cluster */
  show(cluster) {
    this.#section.hidden = cluster === null;
    if (cluster === null) return;
    const { balancer, balancers, registry } = cluster;
    const isAway = registry.state === 'away';
    setText(byId('balancer-count'), isAway ? count(balancers.length) : livenessOf(cluster));
    const hint = byId('balancer-hint');
    setText(hint, `The other figures of this page are those of ${balancer} alone.`);
    hint.hidden = balancers.length === 1;
    showRegistry(cluster);

    const own = balancers.find(({ id }) => id === balancer);
    const keys = new Set(balancers.map(keyOf));
    for (const key of this.#cards.keys()) if (!keys.has(key)) this.#cards.delete(key);
    arrange(
      this.#list,
      balancers.map((each) => {
        const card = this.#cards.get(keyOf(each)) ?? new BalancerCard();
        this.#cards.set(keyOf(each), card);
        card.show(each, own, isAway);
        return card.element;
      }),
    );
    this.#showNotes(cluster);
  }

  /** @param {ClusterSummary} cluster */
  #showNotes({ differences, differing, registry, unusable }) {
    const { unusableRecords } = registry;
    const content = JSON.stringify([differences.slice(0, MAX_NOTES), differing, unusableRecords, unusable]);
    if (content === this.#shownNotes) return;
    this.#shownNotes = content;
    const different = differences.slice(0, MAX_NOTES).map((difference) => {
      const views = viewsByState(difference).flatMap(({ state, balancers }, at) => [
        at === 0 ? ' ' : ', ',
        element('span', { class: 'state', 'data-state': state }, state),
        ` at ${named(balancers)}`,
      ]);
      return element('li', {}, element('b', {}, difference.backend), ' is seen differently:', ...views);
    });
    const unused = unusableRecords
      .slice(0, MAX_NOTES)
      .map(({ id, reason }) => element('li', {}, element('b', {}, id), ` is stored, and not used: ${reason}`));
    this.#notes.replaceChildren(
      ...different,
      ...moreThan(differing, 'seen differently'),
      ...unused,
      ...moreThan(unusable, 'stored, and not used'),
    );
    this.#notes.hidden = this.#notes.childElementCount === 0;
  }
}

/** @param {ClusterSummary['balancers'][number]} balancer */
function keyOf({ id, address }) {
  return `${id} ${address}`;
}

/** @param {ClusterSummary} cluster */
function livenessOf({ balancers }) {
  const live = balancers.filter(({ isLive }) => isLive).length;
  const all = count(balancers.length);
  return live === balancers.length ? `${all} live` : `${count(live)} of ${all} live`;
}

/** @param {number} all @param {string} what */
function moreThan(all, what) {
  const more = all - MAX_NOTES;
  if (more <= 0) return [];
  return [element('li', { class: 'sub' }, `${count(more)} more ${more === 1 ? 'is' : 'are'} ${what}`)];
}

/** @param {ClusterSummary} cluster */
function showRegistry({ registry }) {
  const { state, since, reason, confirmedSecondsAgo, latencyMs, pendingChanges, name } = registry;
  const isCurrent = state === 'current';
  const word = byId('registry-state');
  setAttribute(word, 'data-state', isCurrent ? 'up' : 'suspect');
  setText(word, isCurrent ? 'registry current' : `registry away since ${clock(since)}`);
  const details = [
    // The reason begins with the name.
    isCurrent || !reason?.startsWith(name) ? name : '',
    isCurrent ? '' : reason,
    isCurrent || confirmedSecondsAgo === null ? '' : `confirmed ${duration(confirmedSecondsAgo)} ago`,
    isCurrent && latencyMs !== null ? `${short(latencyMs)} ms` : '',
    pendingChanges > 0 ? `${count(pendingChanges)} ${pendingChanges === 1 ? 'change' : 'changes'} to be stored` : '',
  ];
  setText(byId('registry-details'), details.filter((detail) => detail).join(' · '));
}
