// The entry of the balancer. Enables the compile cache before it loads anything else.

/** The same as `engines` in package.json. */
const MIN_NODE_MAJOR = 24;

if (Number.parseInt(process.versions.node) < MIN_NODE_MAJOR) {
  process.stderr.write(
    `balancer could not start: it needs Node ${MIN_NODE_MAJOR} or newer (node_modules/.bin/node), got ${process.version}\n`,
  );
  process.exit(1);
}
const { useCompileCache } = await import('./bootstrap/compile-cache.js');
useCompileCache();
const { launch } = await import('./bootstrap/launch.js');
await launch();
