// Proves that a response which breaks off half-way is never passed on as complete, for every body framing and every way
// its backend stops. Whole responses of the same backends are the control: they must be reported complete.
import { setTimeout as sleep } from 'node:timers/promises';
import { HEALTH_PATH } from '../../backend/settings.ts';
import type { BalancerUnderTest, Outcome, Scenario, Stage } from '../../scenario.ts';
import { join } from '../../support/control-plane.ts';
import {
  ENDINGS,
  FRAMINGS,
  pathOf,
  startHalfAnswers,
  type Ending,
  type Framing,
} from '../../support/raw-half-answers.ts';
import { aKeptAliveAgent, read, type Reading } from '../../support/raw-reader.ts';

const BACKENDS = 3;
/** Responses of each kind that must have begun at the client. */
const EACH = 300;
/** A response of the balancer's own, such as a 503 while backends are suspected, is followed by another request after a pause. */
const PAUSE_MS = 50;
/** Read at once, of each kind. */
const AT_ONCE = 50;
/** A body that stands still is cut by the balancer after 1 s, long before the client gives up. */
const PATIENCE_MS = 60_000;
/** nginx may keep the beginning of a body to itself. When it and HAProxy have read half of a body is not known then. */
const PEERS_HAVE_READ_MS = 40;

export const scenario: Scenario = {
  number: 10,
  title: 'close, reset or hang after half the body',
  bar: '0 reported complete',
  peers: true,
  async run(stage) {
    const begun = new Beginnings();
    const hasBegun = (path: string) => (stage.balancer === 'fairlead' ? begun.of(path) : sleep(PEERS_HAVE_READ_MS));
    const balancer = await startBehind(stage, hasBegun);
    const agent = aKeptAliveAgent(AT_ONCE * FRAMINGS.length * ENDINGS.length, stage.isSecure);
    stage.onEnd(() => agent.destroy());
    const kinds = FRAMINGS.flatMap((framing) => ENDINGS.map((ending) => ({ framing, ending })));
    const ask = (framing: Framing, ending: Ending, turn: number) => {
      const path = pathOf(framing, ending, turn);
      return read(balancer.port, path, { agent, patienceMs: PATIENCE_MS, onHead: () => begun.mark(path) });
    };
    return verdict(await Promise.all(kinds.map(({ framing, ending }) => readMany(framing, ending, ask))));
  },
};

/** Which responses have begun at the client. */
class Beginnings {
  private readonly byPath = new Map<string, PromiseWithResolvers<void>>();

  of(path: string): Promise<void> {
    return this.entry(path).promise;
  }

  mark(path: string): void {
    this.entry(path).resolve();
  }

  private entry(path: string): PromiseWithResolvers<void> {
    const entry = this.byPath.get(path) ?? Promise.withResolvers<void>();
    this.byPath.set(path, entry);
    return entry;
  }
}

async function startBehind(stage: Stage, hasBegun: (path: string) => Promise<unknown>): Promise<BalancerUnderTest> {
  const raw = await Promise.all(Array.from({ length: BACKENDS }, () => startHalfAnswers(hasBegun)));
  for (const { stop } of raw) stage.onEnd(stop);
  const backends = raw.map(({ port }, b) => ({ id: `half-${b + 1}`, port }));
  const variables = { STREAM_IDLE_TIMEOUT_SECONDS: '1' };
  const balancer = await stage.startBalancer({ backends, variables, awaited: [] });
  if (stage.balancer === 'fairlead') {
    await join(
      balancer.control,
      backends.map(({ id, port }) => ({ id, url: `http://127.0.0.1:${port}`, pingPath: HEALTH_PATH })),
    );
  }
  return balancer;
}

/** The results of one kind of response. */
interface Tally {
  readonly kind: string;
  readonly ending: Ending;
  requests: number;
  complete: number;
  broken: number;
  /** Neither whole nor broken off for as long as the client waited. */
  stuck: number;
}

async function readMany(
  framing: Framing,
  ending: Ending,
  ask: (framing: Framing, ending: Ending, turn: number) => Promise<Reading>,
): Promise<Tally> {
  const tally: Tally = { kind: `${framing} ${ending}`, ending, requests: 0, complete: 0, broken: 0, stuck: 0 };
  let begun = 0;
  let progressMs = performance.now();
  const reader = async () => {
    while (begun < EACH && tally.stuck === 0 && performance.now() - progressMs < PATIENCE_MS) {
      const turn = tally.requests;
      tally.requests += 1;
      begun += 1;
      const { status, isComplete, hasGivenUp } = await ask(framing, ending, turn);
      if (status !== 200) {
        begun -= 1;
        await sleep(PAUSE_MS);
        continue;
      }
      progressMs = performance.now();
      if (isComplete) tally.complete += 1;
      else if (hasGivenUp) tally.stuck += 1;
      else tally.broken += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  return tally;
}

function verdict(tallies: readonly Tally[]): Outcome {
  const halves = tallies.filter(({ ending }) => ending !== 'whole');
  const wholes = tallies.filter(({ ending }) => ending === 'whole');
  const sum = (of: readonly Tally[], figure: 'requests' | 'complete' | 'broken' | 'stuck') =>
    of.reduce((total, tally) => total + tally[figure], 0);
  const wrong = sum(halves, 'complete');
  const lost = sum(tallies, 'stuck') + sum(wholes, 'broken');
  const short = tallies.filter((tally) => tally.complete + tally.broken < EACH);
  const words = [
    `${sum(halves, 'broken')} of ${halves.length * EACH} seen to be cut, ${wrong} reported complete`,
    `${sum(wholes, 'complete')} whole ones reported complete`,
    ...halves.filter(({ complete }) => complete > 0).map(({ kind, complete }) => `${kind}: ${complete} complete`),
    ...short.map(({ kind, complete, broken, stuck }) => `${kind}: only ${complete + broken} ended, ${stuck} stuck`),
  ];
  return {
    requests: sum(tallies, 'requests'),
    lost,
    duplicated: 0,
    wrong,
    longestGapMs: 0,
    passed: wrong === 0 && lost === 0 && short.length === 0,
    detail: words.join('; '),
  };
}
