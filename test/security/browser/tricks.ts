// What a page of another origin can make a browser send to the control plane. Each runs in the page.
import type { Page, Request } from 'playwright-core';

/** The control plane as a page addresses it, and a backend to be meddled with. */
export interface Aim {
  readonly control: string;
  readonly backend: string;
}

/** One trick. `run` resolves when the browser has sent it, and has got what it gets. */
export interface Trick {
  readonly name: string;
  run(page: Page, aim: Aim): Promise<void>;
}

const REGISTRATION = JSON.stringify({ id: 'attack', port: 1, resources: { compute: 10, storage: 10 } });
const ORIGINAL = JSON.stringify({ 'Compute-Vector': 10, 'Storage-Vector': 10, Port: 1 });
const BACKENDS = '/api/v1/backends';

/** Longer than a browser takes for a request to this machine. Milliseconds. */
const EVENT_TIMEOUT_MS = 10_000;

interface Sent {
  readonly method?: string;
  readonly mode?: 'no-cors' | 'cors';
  readonly type?: string;
  readonly body?: string;
  readonly credentials?: 'include';
}

/** A fetch of the page. What the browser refuses to send or to show is what it is to do. */
function fetches(name: string, path: string, sent: Sent): Trick {
  return {
    name,
    run: async (page, { control, backend }) => {
      const url = control + path.replace('{id}', backend);
      await page.evaluate(
        async ({ to, with: { method = 'POST', mode = 'no-cors', type, body } }) => {
          const headers = type === undefined ? {} : { 'content-type': type };
          await fetch(to, { method, mode, headers, ...(body === undefined ? {} : { body }) }).catch(() => {});
        },
        { to: url, with: sent },
      );
    },
  };
}

/** Resolves when the browser has got a response to a request for this URL, or has failed to. */
function isOver(page: Page, url: string): Promise<unknown> {
  const predicate = (request: Request) => request.url() === url;
  const [finished, failed] = (['requestfinished', 'requestfailed'] as const).map((event) =>
    page.waitForEvent(event as 'requestfinished', { predicate, timeout: EVENT_TIMEOUT_MS }),
  );
  return Promise.any([finished, failed]);
}

/** A form that the page submits by itself. */
function submits(name: string, path: string, enctype: string, fields: Readonly<Record<string, string>>): Trick {
  return {
    name,
    run: async (page, { control, backend }) => {
      const action = control + path.replace('{id}', backend);
      const inputs = Object.entries(fields).map(([key, value]) => `<input name='${key}' value='${value}'>`);
      const form = `<form method=POST action='${action}' enctype='${enctype}'>${inputs.join('')}</form>`;
      const over = isOver(page, action);
      // As text: the functions of this project are compiled without the types of the page.
      await page.evaluate(`document.body.innerHTML = ${JSON.stringify(form)}; document.forms[0].submit()`);
      await over;
    },
  };
}

/** Text that is JSON once the form has put its `=` between name and value. */
const asForm = (json: string) => ({ [`${json.slice(0, -1)},"labels":{"a":"`]: '"}}' });

export const CHANGES: readonly Trick[] = [
  fetches('a registration as text', BACKENDS, { type: 'text/plain', body: REGISTRATION }),
  fetches('a registration without a type', BACKENDS, { body: REGISTRATION }),
  fetches('a registration as a form', BACKENDS, { type: 'application/x-www-form-urlencoded', body: REGISTRATION }),
  fetches('a registration as JSON', BACKENDS, { mode: 'cors', type: 'application/json', body: REGISTRATION }),
  fetches('a registration as text that asks to read', BACKENDS, {
    mode: 'cors',
    type: 'text/plain',
    body: REGISTRATION,
  }),
  fetches('a registration by the original protocol', '/', { body: ORIGINAL }),
  fetches('a registration by the original protocol as text', '/', { type: 'text/plain', body: ORIGINAL }),
  fetches('a drain', `${BACKENDS}/{id}/drain`, {}),
  fetches('a drain as text', `${BACKENDS}/{id}/drain`, { type: 'text/plain', body: '{}' }),
  fetches('a drain within 0 s', `${BACKENDS}/{id}/drain?timeoutSeconds=0`, {}),
  fetches('a removal', `${BACKENDS}/{id}?now=true`, { method: 'DELETE', mode: 'cors' }),
  fetches('a renewal', `${BACKENDS}/{id}/lease`, { method: 'PUT', mode: 'cors' }),
  fetches('a question about placement', '/api/v1/placement/explain', {
    type: 'text/plain',
    body: '{"demand":{"compute":1}}',
  }),
  {
    name: 'a registration by a beacon',
    run: async (page, { control }) => {
      const url = control + BACKENDS;
      const over = isOver(page, url);
      await page.evaluate(`navigator.sendBeacon(${JSON.stringify(url)}, ${JSON.stringify(REGISTRATION)})`);
      await over;
    },
  },
  submits('a registration by a form of text', BACKENDS, 'text/plain', asForm(REGISTRATION)),
  submits('a registration by a form of text, original protocol', '/', 'text/plain', {
    [`${ORIGINAL.slice(0, -1)},"a":"`]: '"}',
  }),
  submits('a registration by a form of parts', BACKENDS, 'multipart/form-data', { id: 'attack', port: '1' }),
  submits('a drain by a form', `${BACKENDS}/{id}/drain`, 'text/plain', {}),
];

/** Of a backend that an operator has drained. */
export const RESUMPTIONS: readonly Trick[] = [
  fetches('a resumption', `${BACKENDS}/{id}/resume`, {}),
  submits('a resumption by a form', `${BACKENDS}/{id}/resume`, 'text/plain', {}),
];

/** What can be read. */
export const READABLE = [
  BACKENDS,
  '/api/v1/metrics',
  '/api/v1/events',
  '/api/v1/requests',
  '/api/v1/demands',
  '/api/v1/machines',
  '/metrics',
];
