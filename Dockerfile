# One image for the three applications; the command says which one runs:
#   docker run IMAGE                                       the balancer
#   docker run IMAGE node dist/apps/backend/src/main.js    a backend
#   docker run IMAGE node dist/apps/dashboard/src/main.js  the dashboard

# --omit=optional: the image has Node 24 already, so the node-* packages are not wanted.
FROM node:24-alpine AS dependencies
WORKDIR /fairlead
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional

FROM node:24-alpine AS build
WORKDIR /fairlead
COPY package.json package-lock.json .npmrc ./
# The compiler's native part is an optional package, too.
RUN npm ci
COPY tsconfig.json ./
COPY scripts/build.ts scripts/
COPY apps apps
COPY libs libs
# Not "npm run": it would take the Node of the optional packages, which this image cannot run.
RUN node scripts/build.ts

FROM node:24-alpine
ENV NODE_ENV=production
WORKDIR /fairlead
COPY package.json ./
COPY --from=dependencies /fairlead/node_modules node_modules
COPY --from=build /fairlead/dist dist
# The dashboard's page is served from here; its chart library comes with node_modules.
COPY apps/dashboard/public apps/dashboard/public
# The balancer's registry file; a new volume mounted there takes over the owner.
RUN mkdir -p /var/lib/fairlead && chown node:node /var/lib/fairlead
ENV REGISTRY_FILE=/var/lib/fairlead/registry-{port}.sqlite
USER node
STOPSIGNAL SIGTERM
EXPOSE 5252 9797
# Each service of docker-compose.yml names the health address of its own application.
ENV HEALTH_URL=http://127.0.0.1:9797/health/ready
HEALTHCHECK --interval=5s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(process.env.HEALTH_URL).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1 and gets the signals itself.
CMD ["node", "dist/apps/balancer/src/main.js"]
