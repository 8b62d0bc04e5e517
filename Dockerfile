# The worker; docs/operations.md shows how to run it.
FROM node:22.23.2-bookworm-slim@sha256:48e4b67d85f87bd551df43704e24d252f56cc5f8e9718841aace50f19948f0f9 AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22.23.2-bookworm-slim@sha256:48e4b67d85f87bd551df43704e24d252f56cc5f8e9718841aace50f19948f0f9
ENV NODE_ENV=production
WORKDIR /opt/kong-privatelink
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
RUN ln -s /opt/kong-privatelink/dist/sync/cli/cli.js /usr/local/bin/kong-privatelink
# For `stateDir: /var/lib/kong-privatelink` (its default is beside the configuration); mount a volume there to keep it.
RUN install -d -o node -g node /var/lib/kong-privatelink
WORKDIR /var/lib/kong-privatelink
USER node
ENV KONG_PRIVATELINK_CONFIG=/etc/kong-privatelink.yaml
# watch.listen of the configuration; with another one, give `docker run` its own --health-cmd.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9543/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/kong-privatelink/dist/sync/cli/cli.js"]
CMD ["sync", "--watch"]
