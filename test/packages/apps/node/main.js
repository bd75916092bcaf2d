// A backend without a framework, in CommonJS.
const { createServer } = require('node:http');
const { FleetMembership, reportCost } = require('@fairlead/registration/client');

const membership = new FleetMembership({
  balancerUrl: process.env.BALANCER_URL,
  id: process.env.BACKEND_ID,
  resources: { compute: 20, storage: 36 },
  leaseSeconds: 30,
});
const server = createServer((request, response) => {
  reportCost(response, { compute: 1 });
  response.end(`Hello World! I am ${membership.state.status}`);
});
server.listen(process.env.PORT, () => membership.start({ port: server.address().port }));
process.once('SIGTERM', async () => {
  await membership.leave();
  server.close();
});
