// Raw bytes that HTTP libraries would not send, through every lane: each has its response, and the bytes that a backend may
// see.
import type { Attack, Check, Lane } from '../attack.ts';
import { LANES } from '../attack.ts';
import type { AtEnd } from '../../support/lifetime.ts';
import { inLane, runCase } from '../requests/run.ts';
import { RAW_THEMES } from '../requests/themes.ts';
import { Target } from '../target.ts';
import { writingsOf } from '../writings.ts';

export const attack: Attack = {
  name: 'raw-bytes',
  title: 'bytes that no library would send get their response, and no backend sees more than it may',
  async run({ isLong }, atEnd) {
    const checks = (await Promise.all(LANES.map((lane) => runLane(lane, isLong, atEnd)))).flat();
    const counts = LANES.map((lane) => `${lane} ${casesIn(lane)}`);
    return { checks, detail: `cases by lane: ${counts.join(', ')}` };
  },
};

function casesIn(lane: Lane): number {
  return RAW_THEMES.flatMap(([, cases]) => cases).filter((raw) => inLane(raw, lane) !== undefined).length;
}

async function runLane(lane: Lane, isLong: boolean, atEnd: AtEnd): Promise<Check[]> {
  const target = await Target.start(lane, atEnd);
  const pseudonym = await target.pseudonym();
  const checks: Check[] = [];
  for (const [theme, cases] of RAW_THEMES) {
    for (const raw of cases) {
      const given = inLane({ ...raw, bytes: raw.bytes.replace('{pseudonym}', pseudonym) }, lane);
      if (given === undefined) continue;
      for (const writing of writingsOf({ isLong })) {
        const { name, problem } = await runCase(target, given, writing);
        checks.push({ name: `${lane}: ${theme}: ${name}, ${writing}`, problem });
      }
    }
  }
  return checks;
}
