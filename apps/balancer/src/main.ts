// The balancer's entry. All else is loaded when it is arranged that what was compiled once need not be compiled again.

/** As `engines` of package.json says. */
const OLDEST_NODE = 24;

if (Number.parseInt(process.versions.node) < OLDEST_NODE) {
  process.stderr.write(
    `balancer could not start: it needs Node ${OLDEST_NODE} (node_modules/.bin/node), this is ${process.version}\n`,
  );
  process.exit(1);
}
const { useCompileCache } = await import('./bootstrap/compile-cache.js');
useCompileCache();
const { launch } = await import('./bootstrap/launch.js');
await launch();
