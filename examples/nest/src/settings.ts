// What the environment says, with defaults for the demo of Fairlead.

const {
  // The balancer's control plane; several URLs are separated by commas.
  BALANCER_URL = 'http://127.0.0.1:9797',
  // Needed if the balancer has tokens: one with the role register.
  CONTROL_PLANE_TOKEN,
  // A name of its own in the fleet.
  BACKEND_ID = 'nest-1',
  // 0 takes a free port.
  BACKEND_PORT = '8080',
  // The balancer removes a backend that has not renewed its lease for this long.
  LEASE_SECONDS = '30',
} = process.env;

export const settings = {
  balancerUrls: BALANCER_URL.split(','),
  token: CONTROL_PLANE_TOKEN,
  id: BACKEND_ID,
  port: Number(BACKEND_PORT),
  leaseSeconds: Number(LEASE_SECONDS),
};
