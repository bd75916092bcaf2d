// Responses that break the rules, in every lane: the client gets 502, a response that breaks off, or the right one; the next
// request and other clients are not affected.
import type { AtEnd } from '../../support/lifetime.ts';
import { responseCorpus } from '../../differential/corpus-responses.ts';
import { readMessage, statusOf } from '../../differential/messages.ts';
import type { ResponseCase } from '../../differential/corpus.ts';
import { LANES, type Attack, type Check, type Lane } from '../attack.ts';
import { cuts, framing, interim, surplus } from '../responses/bodies.ts';
import type { ResponseAttack } from '../responses/case.ts';
import { heads } from '../responses/heads.ts';
import { runResponse } from '../responses/run.ts';
import { Target } from '../target.ts';
import { writingsOf } from '../writings.ts';

const CASES: Readonly<Record<string, readonly ResponseAttack[]>> = { heads, framing, cuts, surplus, interim };

export const attack: Attack = {
  name: 'hostile-responses',
  title: 'a hostile response is refused, cut or right; the next request and other clients are not affected',
  async run({ isLong }, atEnd) {
    const checks = (await Promise.all(LANES.map((lane) => runLane(lane, isLong, atEnd)))).flat();
    const written = Object.values(CASES).flat().length;
    return {
      checks,
      detail: `${written} responses, ${isLong ? 'each written in three ways, and those of the differential suite' : 'each written at once'}`,
    };
  },
};

async function runLane(lane: Lane, isLong: boolean, atEnd: AtEnd): Promise<Check[]> {
  // What a backend leaves open is given up soon.
  const target = await Target.start(lane, atEnd, { ATTEMPT_TIMEOUT_SECONDS: '1', REQUEST_TIMEOUT_SECONDS: '2' });
  const checks: Check[] = [];
  for (const [theme, cases] of Object.entries({ ...CASES, ...(isLong ? corpusCases() : {}) })) {
    for (const given of cases.filter((each) => lane !== 'upgrade' || !isSwitch(each))) {
      for (const writing of writingsOf({ isLong })) {
        const { name, problem } = await runResponse(target, given, writing);
        checks.push({ name: `${lane}: ${theme}: ${name}, ${writing}`, problem });
      }
    }
  }
  return checks;
}

/** A switch of protocols is what the upgrade lane asks for. */
function isSwitch({ parts }: ResponseAttack): boolean {
  return parts[0].startsWith('HTTP/1.1 101 ');
}

/** The responses of the differential suite: each may be refused, cut, or as a plain reader reads it. */
function corpusCases(): Record<string, ResponseAttack[]> {
  return Object.fromEntries(
    Object.entries(responseCorpus).map(([theme, cases]) => [`corpus, ${theme}`, cases.map(ofCorpus)]),
  );
}

function ofCorpus({ name, parts, ending }: ResponseCase): ResponseAttack {
  const may = ['refused', 'cut', 'relayed'] as const;
  const reading = finalOf(parts.join(''));
  return { name, parts, ending, method: 'GET', may, ...(reading ? { relayed: reading } : {}) };
}

/** Status and body of the first response that is not interim, as far as there is one. */
function finalOf(bytes: string): readonly [number, string] | undefined {
  const reading = readMessage(bytes.replace(/^(?:\r\n)+/, ''), { answerTo: 'GET', hasEnded: true });
  if (!reading) return undefined;
  const status = statusOf(reading.message);
  return status >= 100 && status < 200 ? finalOf(reading.rest) : [status, reading.message.body];
}
