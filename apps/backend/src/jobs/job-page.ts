// PURE: the page that a browser receives for a job.
import type { JobReport } from './job-report.js';

const STYLE = `
  :root { color-scheme: light dark; --ink: light-dark(#1c2126, #e6e3dc); --quiet: light-dark(#6a727b, #98a0a8);
    --line: light-dark(#e0dcd3, #33393f); --paper: light-dark(#fbfaf7, #16191c); }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
    font: 1.0625rem/1.5 Charter, 'Bitstream Charter', Cambria, Georgia, serif; }
  main { width: min(30rem, 100vw - 3rem); padding: 3rem 0; }
  p { margin: 0; color: var(--quiet); }
  h1 { margin: 0 0 2rem; font-size: 2rem; font-weight: 600; line-height: 1.2; overflow-wrap: anywhere; }
  table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums lining-nums; }
  th { font-weight: 400; text-align: right; color: var(--quiet); }
  th:first-child { text-align: left; }
  td { text-align: right; font-size: 1.25rem; }
  th, td { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  footer { margin-top: 1.5rem; color: var(--quiet); }`;

/** Returns an HTML document with the host, the id, and a table of this job's demand, the totals and the capacities. */
export function jobPage({ backend, host, demand, capacity, totals }: JobReport): string {
  const row = (label: string, { compute, storage }: JobReport['demand']) =>
    `<tr><th scope="row">${label}</th><td>${amount(compute)}</td><td>${amount(storage)}</td></tr>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(backend ?? host)} – Fairlead backend</title>
<style>${STYLE}
</style>
<main>
<p>${escaped(host)}</p>
<h1>${escaped(backend ?? 'not registered yet')}</h1>
<table>
<thead><tr><th></th><th scope="col">compute</th><th scope="col">storage</th></tr></thead>
<tbody>
${row('This request, units', demand)}
${row('Served so far, units', totals)}
${row('Capacity, units per second', capacity)}
</tbody>
</table>
<footer>${amount(totals.requests)} ${totals.requests === 1 ? 'request' : 'requests'} served</footer>
</main>
</html>
`;
}

function amount(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 2 });
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
