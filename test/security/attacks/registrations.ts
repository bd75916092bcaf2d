// Registrations that are no registrations, or of places where no backend may be: each gets its status and one sentence, and
// changes the fleet only if it is accepted.
import { metricsOf } from '../../support/metrics.ts';
import type { Attack, Check } from '../attack.ts';
import { addresses } from '../registrations/addresses.ts';
import { bodies } from '../registrations/bodies.ts';
import { ACCEPTED, type RegistrationCase } from '../registrations/case.ts';
import { routes } from '../registrations/routes.ts';
import { sendTo, showsInside } from '../registrations/control-plane-client.ts';
import { Target } from '../target.ts';

/** Longest body of an error, characters. */
const MAX_ERROR = 600;
const THEMES = { ...bodies, ...addresses, routes };

export const attack: Attack = {
  name: 'registrations',
  title: 'registrations that are not valid get their status and one sentence, and change nothing',
  async run(_form, atEnd) {
    const target = await Target.start('fast', atEnd, { REGISTRATIONS_PER_MINUTE: '1000000' });
    const checks: Check[] = [];
    for (const [theme, cases] of Object.entries(THEMES)) {
      for (const given of cases) {
        const { name, problem } = await runRegistration(target, given);
        checks.push({ name: `${theme}: ${name}`, problem });
      }
    }
    return { checks };
  },
};

async function runRegistration(target: Target, given: RegistrationCase): Promise<Check> {
  const { balancer } = target;
  const ports = { '{dataPlane}': String(target.port), '{controlPlane}': new URL(balancer.control).port };
  const body = Object.entries(ports).reduce<string | Buffer>(
    (text, [word, port]) => (typeof text === 'string' ? text.replace(word, port) : text),
    given.body,
  );
  const response = await sendTo(balancer.control, { ...given, body });
  const others = (await metricsOf(balancer)).backends.map(({ id }) => id).filter((id) => id !== 'recorder');
  for (const id of others) {
    await sendTo(balancer.control, { method: 'DELETE', path: `/api/v1/backends/${encodeURIComponent(id)}?now=true` });
  }
  const isAccepted = ACCEPTED.includes(response.status);
  const problems = [
    given.statuses.includes(response.status)
      ? []
      : `status ${response.status}, expected ${given.statuses.join(' or ')}: ${response.text.slice(0, 200)}`,
    isAccepted === others.length > 0 ? [] : `after status ${response.status} the fleet has gained ${others.length}`,
    isAccepted ? [] : errorProblem(response.text),
    (await target.bystanderProblem()) ?? [],
    target.processProblem() ?? [],
  ].flat();
  return { name: given.name, problem: problems.length === 0 ? undefined : problems.join('; ') };
}

/** An error is short and says nothing of the inside. */
function errorProblem(text: string): string[] {
  const isLong = text.length > MAX_ERROR ? [`an error of ${text.length} characters`] : [];
  return showsInside(text) ? [...isLong, 'an error with a stack'] : isLong;
}
