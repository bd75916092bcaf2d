// `npm run docs:schema`: writes docs/fairlead.schema.json from the schema of the configuration file. Expects a build.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const DOCUMENT = fileURLToPath(new URL('../docs/fairlead.schema.json', import.meta.url));

const built = new URL('../dist/libs/traffic-config/src/index.js', import.meta.url);
const { fileJsonSchema } = (await import(built.href)) as { fileJsonSchema: () => object };
const text = JSON.stringify(fileJsonSchema());
writeFileSync(DOCUMENT, await format(text, { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT }));
