// The program of the plain backends: one process for all of them. Arguments: their ports.
import { servePlainly } from './plain-server.ts';

for (const port of process.argv.slice(2)) await servePlainly(Number(port));
