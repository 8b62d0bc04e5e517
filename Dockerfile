# The worker, and with --target sidecar the plugin server beside a Kong; docs/worker.md and docs/plugin.md show how to run each.
FROM node:22.23.2-bookworm-slim@sha256:48e4b67d85f87bd551df43704e24d252f56cc5f8e9718841aace50f19948f0f9 AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
# Measurements and the linter of texts need development dependencies, which images do not have.
RUN npm run build && npm prune --omit=dev --ignore-scripts && rm -r dist/bench dist/tools

FROM node:22.23.2-bookworm-slim@sha256:48e4b67d85f87bd551df43704e24d252f56cc5f8e9718841aace50f19948f0f9 AS product
ENV NODE_ENV=production
WORKDIR /opt/kong-privatelink
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
# For data planes, which get it from here by a copy.
COPY --from=build /build/plugin/lua plugin/lua
RUN ln -s /opt/kong-privatelink/dist/sync/cli/cli.js /usr/local/bin/kong-privatelink \
 && ln -s /opt/kong-privatelink/dist/plugin/server/main.js /usr/local/bin/kong-privatelink-pluginserver \
 && ln -s /opt/kong-privatelink/dist/resolver/main.js /usr/local/bin/kong-privatelink-resolver
# For `stateDir: /var/lib/kong-privatelink` (its default is beside the configuration); mount a volume there to keep it.
RUN install -d -o node -g node /var/lib/kong-privatelink
WORKDIR /var/lib/kong-privatelink
ENV KONG_PRIVATELINK_CONFIG=/etc/kong-privatelink.yaml

FROM product AS sidecar
# Kong's container sees this folder too; it may run as any user. What Kong asks a plugin server for at its start is in a file, which Kong's container prints.
RUN install -d -o node -g node /run/kong-privatelink \
 && kong-privatelink-pluginserver --kong-prefix /run/kong-privatelink --dump-all-plugins > /opt/kong-privatelink/plugins.json
USER node
HEALTHCHECK --interval=2s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "require('net').connect('/run/kong-privatelink/js_pluginserver.sock').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"]
ENTRYPOINT ["kong-privatelink-pluginserver", "--kong-prefix", "/run/kong-privatelink", "--sock-for-all"]

FROM product
# What a pass of discovery leaves free goes back to the system: a third of what the resolver takes (docs/resolver.md).
ENV MALLOC_TRIM_THRESHOLD_=131072
USER node
# watch.listen of the configuration; with another one, give `docker run` its own --health-cmd.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9543/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/kong-privatelink/dist/sync/cli/cli.js"]
CMD ["sync", "--watch"]
