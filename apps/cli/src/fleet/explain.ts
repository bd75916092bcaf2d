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
import { styledState } from './backend-states.js';

/** The request to explain. */
export interface ExplainOptions {
  readonly compute?: Amounts;
  readonly storage?: Amounts;
  readonly resource?: Amounts;
  readonly pool?: string;
  readonly json?: true;
}

type Candidate = Explanation['candidates'][number];
type Excluded = Explanation['excluded'][number];

/** Prints the candidates, the best first, and why the others are none. */
export async function explain(
  flags: BalancerFlags,
  environment: Environment,
  { pool, json, ...options }: ExplainOptions,
): Promise<number> {
  const demand = amountsOf(options);
  if (Object.keys(demand).length === 0) {
    throw new Error('explain needs the demand of a request, such as --compute 3 --storage 1');
  }
  const response = await connect(flags, environment).send({
    method: 'POST',
    path: 'api/v1/placement/explain',
    body: { demand, pool },
    schema: explanationSchema,
    what: 'an explanation',
  });
  if (json) printJson(response.json, 2);
  else printExplanation(response.body);
  return EXIT.ok;
}

function printExplanation({ pool, policy, demand, chosen, candidates, excluded, note }: Explanation): void {
  const units = Object.entries(demand).map(([name, amount]) => `${name} ${short(amount)}`);
  print(`a request of ${units.join(', ')} in pool ${pool}, policy ${policy}`);
  print(chosen === null ? 'no backend is chosen' : `goes to ${styled('bold', chosen)}`);
  if (note !== null) print(printable(note));
  if (candidates.length > 0) print(`\n${formatTable(columnsFor(Object.keys(demand)), candidates)}`);
  if (excluded.length > 0) print(`\n${formatTable(EXCLUDED_COLUMNS, excluded)}`);
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
  { title: 'STATE', cell: ({ state }) => styledState(state), leaveOut: 1 },
  { title: 'WHY', cell: ({ reason }) => printable(reason) },
];
