// Preloaded into a process under test: `dns.lookup` finds the names of a JSON file, and no others.
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';

type Callback = (error: Error | null, address: string | dns.LookupAddress[], family?: number) => void;

function lookup(host: string, options: dns.LookupOptions, callback: Callback): void {
  const table = JSON.parse(readFileSync(process.env.NAME_TABLE ?? '', 'utf8')) as Record<string, string>;
  const address = isIP(host) === 0 ? table[host] : host;
  setImmediate(() => {
    if (address === undefined) {
      callback(Object.assign(new Error(`${host} is unknown`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), []);
    } else if (options.all) callback(null, [{ address, family: isIP(address) }]);
    else callback(null, address, isIP(address));
  });
}

Object.assign(dns, { lookup });
syncBuiltinESMExports();
