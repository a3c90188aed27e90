/**
 * The commands that run in the worker's own process, with its configuration. What they load (native modules, an SSH
 * client, a database) is not part of the bundle that every other command starts from: bin/waybill.cjs loads these
 * commands, a bundle of their own, when one of them asks for it.
 */
export const operator = {
  catalog: () => import('./operator/catalog.js'),
  check: () => import('./operator/check.js'),
  copy: () => import('./operator/copy.js'),
  config: () => import('./operator/config.js'),
  dev: () => import('./operator/dev.js'),
  doctor: () => import('./operator/doctor.js'),
  setup: () => import('./operator/setup.js'),
  trust: () => import('./operator/trust.js'),
  worker: () => import('./operator/worker.js'),
} as const;

export type Operator = typeof operator;
