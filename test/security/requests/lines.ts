// Request lines, line ends and field lines (RFC 9112 §2 to §5): what some servers read and others do not.
import {
  closedSilently,
  EVIL,
  forwarded,
  forwardedLast,
  get,
  head,
  ownResponse,
  refused,
  request,
  waits,
  type Theme,
} from './case.ts';

/** A GET with these lines besides Host. */
const withLines = (...lines: readonly string[]) => request('GET', '/a', lines);
const HOST = ['Host: example.org'];
/** A GET whose request line is this. */
const line = (text: string) => head(text, HOST);

const NO_VERSIONS = [
  [
    'HTTP/0.9',
    'HTTP/1.2',
    'HTTP/9.9',
    'HTTP/1.10',
    'HTTP/01.1',
    'HTTP/2',
    'http/1.1',
    'HTTP/1.',
    'HTTP/11',
    'HTTP/1.1x',
  ],
  ['RTSP/1.0', 'HTTPS/1.1', 'HTTP /1.1'],
].flat();
/** Methods are case-sensitive, and these are none of Node's. */
const NO_METHODS = ['FOO', 'get', 'Get', 'GETT', 'GE', 'PRI', 'trace', 'DESCRIBE', '!'];
/** What no target has (RFC 3986 §2). */
const NO_TARGETS = ['/a#b', '/a?b#c', '/\xe4', '/a\xff', '#', 'http://h/a#b'];

export const requestLines: Theme = [
  'request lines',
  [
    forwarded('a GET', line('GET /a HTTP/1.1'), 'GET /a'),
    forwarded('an empty line before it', `\r\n${line('GET /a HTTP/1.1')}`, 'GET /a'),
    forwarded('a method that is not known to all', line('PROPFIND /a HTTP/1.1'), 'PROPFIND /a'),
    ...NO_VERSIONS.map((version) => refused(`version ${version}`, line(`GET /a ${version}`))),
    ...['HTTP/2.0', 'HTTP/3.0'].map((version) => refused(`version ${version}`, line(`GET /a ${version}`), 505)),
    ...NO_TARGETS.map((target) => refused(`target ${JSON.stringify(target)}`, line(`GET ${target} HTTP/1.1`))),
    ...NO_METHODS.map((method) => refused(`method ${method}`, line(`${method} /a HTTP/1.1`), 501)),
    refused('a made-up method, and a request after it', line('FOO /a HTTP/1.1') + EVIL, 501),
    ...['QUERY', 'M-SEARCH', 'PURGE'].map((method) =>
      forwarded(`method ${method}`, line(`${method} /a HTTP/1.1`), `${method} /a`),
    ),
    refused('no version', 'GET /a\r\n\r\n'),
    refused('a request of HTTP/0.9', 'GET /a\r\n'),
    refused('a bare carriage return in the target', line('GET /a\rb HTTP/1.1')),
    refused('a bare carriage return before the version', line('GET /a \rHTTP/1.1')),
    refused('a space after the version', line('GET /a HTTP/1.1 ')),
    refused('two versions', line('GET /a HTTP/1.1 HTTP/1.1')),
    refused('two spaces', line('GET  /a HTTP/1.1')),
    refused('two spaces before the version', line('GET /a  HTTP/1.1')),
    refused('a space before it', ` ${line('GET /a HTTP/1.1')}`),
    refused('tabs', line('GET\t/a\tHTTP/1.1')),
    refused('a vertical tab', line('GET\x0b/a HTTP/1.1')),
    refused('a method with a NUL', line('GE\0T /a HTTP/1.1')),
    refused('a method with a colon', line('GET: /a HTTP/1.1')),
    refused('a method of 5,000 bytes', line(`${'G'.repeat(5000)} /a HTTP/1.1`)),
    refused('HTTP/2 with prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505),
    closedSilently('TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'),
    refused('the PROXY protocol', `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${get('/a')}`),
    refused('a response', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
    refused('nothing but noise', '\x00\xff\xfe\r\n\r\n'),
    refused('CONNECT', head('CONNECT example.org:443 HTTP/1.1', ['Host: example.org:443']), 405),
    refused(
      'CONNECT to the control plane',
      head('CONNECT 127.0.0.1:9797 HTTP/1.1', ['Host: 127.0.0.1:9797']) + EVIL,
      405,
    ),
    ownResponse('TRACE, which would echo cookies', head('TRACE /a HTTP/1.1', [...HOST, 'Cookie: a=1']), 405),
    ownResponse('the server as a whole', line('OPTIONS * HTTP/1.1'), 204),
  ],
];

export const lineEnds: Theme = [
  'line ends',
  [
    refused('bare line feeds', 'GET /a HTTP/1.1\nHost: h\n\n'),
    refused('a bare line feed after the request line', 'GET /a HTTP/1.1\nHost: h\r\n\r\n'),
    refused('a bare line feed after a field', 'GET /a HTTP/1.1\r\nHost: h\nX: y\r\n\r\n'),
    refused('a bare line feed at the end of the head', `GET /a HTTP/1.1\r\nHost: h\r\n\n${EVIL}`),
    refused('a bare line feed and a carriage return', 'GET /a HTTP/1.1\r\nHost: h\n\r\n\r\n'),
    refused('a bare carriage return after the request line', 'GET /a HTTP/1.1\rHost: h\r\n\r\n'),
    refused('a bare carriage return after a field', 'GET /a HTTP/1.1\r\nHost: h\rX: y\r\n\r\n'),
    refused('two carriage returns', 'GET /a HTTP/1.1\r\nHost: h\r\r\n\r\n'),
    refused('a bare carriage return in a value', withLines('X: a\rb')),
    refused('a bare line feed in a value', withLines('X: a\nb')),
    refused('a request after a bare line feed', withLines(`X: a\n\nGET /evil HTTP/1.1`)),
    refused('a bare carriage return before it', `\r${get('/a')}`),
    waits('a head that ends nowhere', 'GET /a HTTP/1.1\r\nHost: h\r\nX: '),
    waits('a request line that ends nowhere', 'GET /a'),
  ],
];

export const fieldLines: Theme = [
  'field lines',
  [
    forwarded('names of all characters', withLines("!#$%&'*+-.^_`|~0: 1"), 'GET /a'),
    forwarded('bytes from 0x80 in a value', withLines('X: \x80\xa0\xff'), 'GET /a'),
    forwarded('names that all objects have', withLines('__proto__: 1', 'constructor: 2', 'toString: 3'), 'GET /a'),
    forwarded('names that are numbers', withLines('0: 1', '4294967296: 2'), 'GET /a'),
    forwarded('an empty value', withLines('X:'), 'GET /a'),
    refused('a folded line', withLines('X: 1', ' folded')),
    refused('a line folded with a tab', withLines('X: 1', '\tfolded')),
    refused('a fold of nothing', withLines('X: 1', ' ')),
    refused('a fold before the first field', head('GET /a HTTP/1.1', [' X: 1', ...HOST])),
    refused('a fold that looks like a field', withLines('X: 1', ' Host: evil')),
    refused('a space before the colon', withLines('X : 1')),
    refused('a space in a name', withLines('X Y: 1')),
    refused('no colon', withLines('X')),
    refused('no name', withLines(': 1')),
    refused('a NUL in a value', withLines('X: a\0b')),
    refused('a NUL in a name', withLines('X\0: 1')),
    refused('a control character in a value', withLines('X: a\x01b')),
    refused('a DEL in a value', withLines('X: a\x7fb')),
    refused('an escape in a value', withLines('X: \x1b[31m')),
    refused('a byte from 0x80 in a name', withLines('X-\xe4: 1')),
    refused('a bracket in a name', withLines('X[0]: 1')),
    refused('a name in quotes', withLines('"X": 1')),
    refused('a value of 20,000 bytes', withLines(`X: ${'x'.repeat(20_000)}`), 431),
    refused('a target of 20,000 bytes', get(`/${'x'.repeat(20_000)}`), 414),
    refused('a name of 20,000 bytes', withLines(`${'x'.repeat(20_000)}: 1`), 431),
    refused('fields of 20,000 bytes', withLines(...Array.from({ length: 2000 }, (_, i) => `X${i}: 1`)), 431),
    forwardedLast('close in capitals', withLines('CONNECTION: CLOSE'), 'GET /a'),
  ],
];
