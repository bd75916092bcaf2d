// `fairlead explain`: where a request would go now, and why.
import type { Environment } from '@fairlead/configuration';
import { explanationSchema, type Explanation } from '@fairlead/contracts';
import { connect } from '../balancer-api/balancer-api.js';
import { amountsOf, type Amounts } from '../invocation/amounts.js';
import type { BalancerFlags } from '../invocation/balancer-flags.js';
import { EXIT } from '../invocation/exit-codes.js';
import { milliseconds, short } from '../output/numbers.js';
import { formatTable, type Column } from '../output/table.js';
import { print, printable, printJson, styled } from '../output/terminal.js';
import { styleOf } from './backend-states.js';

/** The request to explain. */
export interface ExplainOptions {
  readonly compute?: Amounts;
  readonly storage?: Amounts;
  readonly resource?: Amounts;
  readonly path?: string | undefined;
  readonly method?: string;
  readonly host?: string;
  readonly pool?: string;
  readonly json?: true;
}

type Candidate = Explanation['candidates'][number];
type Excluded = Explanation['excluded'][number];

/** Prints the candidates, the best first, and why the others are not candidates. */
export async function explain(
  flags: BalancerFlags,
  environment: Environment,
  { pool, path, method, host, json, ...options }: ExplainOptions,
): Promise<number> {
  const amounts = amountsOf(options);
  const demand = Object.keys(amounts).length > 0 ? amounts : undefined;
  if (demand === undefined && path === undefined) {
    throw new Error('explain needs a path, such as /reports/7, or a demand, such as --compute 3 --storage 1');
  }
  if (path === undefined && (method ?? host) !== undefined) throw new Error('--method and --host need a path');
  const response = await connect(flags, environment).send({
    method: 'POST',
    path: 'api/v1/placement/explain',
    body: { demand, path, method: method?.toUpperCase(), host, pool },
    schema: explanationSchema,
    what: 'an explanation',
  });
  if (json) printJson(response.json, 2);
  else printExplanation(response.body);
  return EXIT.ok;
}

/** Where the demand of a request is from, in words. */
const DEMAND_SOURCES: Readonly<Record<Explanation['demandSource'], string>> = {
  given: 'as given',
  configured: 'as configured',
  reported: 'as backends reported it',
  inferred: 'learned from latencies',
  prior: 'assumed, until more is known',
};

function printExplanation(explanation: Explanation): void {
  const { pool, policy, demand, latent, chosen, candidates, excluded, note, ...request } = explanation;
  const units = Object.entries(demand).map(([name, amount]) => `${name} ${short(amount)}`);
  const route = request.route === null ? '' : `route ${request.route}, `;
  print(printable(`a request of ${units.join(', ')} (${DEMAND_SOURCES[request.demandSource]})`));
  print(printable(`${route}pool ${pool}, policy ${policy}`));
  print(destinationOf(chosen, candidates.length));
  if (note !== null) print(printable(note));
  if (latent) print(printable(explorationOf(latent.exploration)));
  // The policy scores over the resources of the fleet, or over latent ones.
  const scoredOver = Object.keys(candidates[0]?.terms ?? {});
  if (candidates.length > 0) print(`\n${formatTable(columnsFor(scoredOver), candidates)}`);
  if (excluded.length > 0) print(`\n${formatTable(EXCLUDED_COLUMNS, excluded)}`);
}

function explorationOf({ ratio, candidates }: NonNullable<Explanation['latent']>['exploration']): string {
  const part = `${short(100 * ratio)} % of the requests explore`;
  return candidates.length === 0 ? part : `${part}: one goes to the least known of ${candidates.join(', ')}`;
}

function destinationOf(chosen: string | null, candidates: number): string {
  if (chosen !== null) return `goes to ${styled('bold', printable(chosen))}`;
  return candidates === 0 ? 'no backend can take it' : `goes to one of ${candidates} candidates`;
}

function columnsFor(resources: readonly string[]): readonly Column<Candidate>[] {
  const terms = resources.flatMap((name): Column<Candidate>[] => [
    {
      title: `${name.toUpperCase()} BACKLOG`,
      cell: (candidate) => milliseconds((candidate.terms[name]?.backlogSeconds ?? 0) * 1000),
      align: 'right',
      leaveOut: 1,
    },
    {
      title: '+ WORK',
      cell: (candidate) => milliseconds((candidate.terms[name]?.workSeconds ?? 0) * 1000),
      align: 'right',
      leaveOut: 1,
    },
  ]);
  return [
    { title: 'CANDIDATE', cell: ({ id }) => id },
    ...terms,
    { title: 'SCORE', cell: ({ score }) => score?.toPrecision(3) ?? '–', align: 'right' },
  ];
}

const EXCLUDED_COLUMNS: readonly Column<Excluded>[] = [
  { title: 'EXCLUDED', cell: ({ id }) => id },
  { title: 'STATE', cell: ({ state }) => state, style: ({ state }) => styleOf(state), leaveOut: 1 },
  { title: 'WHY', cell: ({ reason }) => reason },
];
