// Responses whose head is not one: status lines, field lines, sizes.
import { LENGTH, either, head, ok, rejected, relayed, type ResponseAttack } from './case.ts';

/** A response with this status line. */
const line = (text: string) => head(text, [LENGTH]) + 'body';
/** A response with these lines besides its length. */
const withLines = (...lines: readonly string[]) => ok([LENGTH, ...lines], 'body');

const NO_STATUS_LINES = [
  ['HTTP/1.1', 'HTTP/1.1 ', 'HTTP/1.1 abc OK', 'HTTP/1.1 20 OK', 'HTTP/1.1 2000 OK', 'HTTP/1.1 +20 OK'],
  ['HTTP/1.1 000 OK', 'HTTP/1.1 099 OK', 'HTTP/1.1 200OK', 'http/1.1 200 OK', 'HTTP/2.0 200 OK', 'ICY 200 OK'],
  ['HTTP/1.1\t200\tOK', 'HTTP/1.1 2 00 OK', ' HTTP/1.1 200 OK', 'GET / HTTP/1.1', '200 OK'],
].flat();

export const heads: readonly ResponseAttack[] = [
  ...NO_STATUS_LINES.map((text) => rejected(`status line ${JSON.stringify(text)}`, line(text))),
  rejected('a control character in the reason', line('HTTP/1.1 200 O\x01K')),
  rejected('a carriage return in the reason', line('HTTP/1.1 200 O\rK')),
  rejected('a NUL in the reason', line('HTTP/1.1 200 O\0K')),
  rejected('noise', '\x00\xff\xfe\xfd', 'close'),
  rejected('a greeting of SSH', 'SSH-2.0-OpenSSH_9.2\r\n', 'close'),
  rejected('an alert of TLS', '\x15\x03\x01\x00\x02\x02\x28', 'close'),
  rejected('a frame of HTTP/2', '\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64', 'close'),
  rejected('HTTP/0.9', '<html>body</html>', 'close'),
  rejected('a status line of 1 MB', `HTTP/1.1 200 ${'x'.repeat(1_000_000)}`),
  rejected('no colon', withLines('X')),
  rejected('no name', withLines(': 1')),
  rejected('a space before the colon', withLines('X : 1')),
  rejected('a space in a name', withLines('X Y: 1')),
  rejected('a NUL in a value', withLines('X: a\0b')),
  rejected('a NUL in a name', withLines('X\0: 1')),
  rejected('a control character in a value', withLines('X: a\x01b')),
  rejected('a bare line feed', withLines('X: a\nSet-Cookie: forged=1')),
  rejected('a bare carriage return', withLines('X: a\rSet-Cookie: forged=1')),
  rejected('a folded line', withLines('X: a', ' b')),
  rejected('a fold before the first field', head('HTTP/1.1 200 OK', [' X: 1', LENGTH]) + 'body'),
  rejected('bare line feeds alone', 'HTTP/1.1 200 OK\nContent-Length: 4\n\nbody', 'close'),
  rejected('a field of 1 MB', withLines(`X: ${'x'.repeat(1_000_000)}`)),
  rejected('fields of 1 MB', withLines(...Array.from({ length: 50_000 }, (_, i) => `X-${i}: forged`))),
  rejected('a head that ends nowhere', 'HTTP/1.1 200 OK\r\nX: ', 'close'),
  rejected('nothing', '', 'close'),
  rejected('nothing, and a reset', '', 'reset'),
  either('an empty line before it', `\r\n${withLines()}`),
  relayed('names that all objects have', withLines('__proto__: 1', 'constructor: 2', 'hasOwnProperty: 3')),
  relayed('a reason with bytes from 0x80', line('HTTP/1.1 200 \xe4\xff')),
  relayed('the length named in Connection', withLines('Connection: Content-Length')),
  relayed('a cost report that is nested 2,000 deep', withLines(`endpoint-load-metrics: JSON ${'['.repeat(2000)}`)),
  relayed(
    'a cost report of huge numbers',
    withLines('endpoint-load-metrics: TEXT request_cost.compute=1e308, cpu_utilization=1e999'),
  ),
  relayed(
    'a cost report with __proto__',
    withLines('endpoint-load-metrics: JSON {"request_cost":{"__proto__":{"x":1}}}'),
  ),
  relayed('a cost report of noise', withLines('endpoint-load-metrics-bin: //8AAAB=/w=')),
];
