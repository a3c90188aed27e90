import type {Metrics} from './metrics.js';
import type {TargetRegistry} from './targets.js';

/** Milliseconds between two looks: scrapes come every few seconds at most. */
const EVERY_MS = 1_000;

/** Keeps the gauges of the SSH pools; answers with what ends it. */
export function watchPools(targets: Pick<TargetRegistry, 'pools'>, metrics: Metrics): () => void {
  const look = () => {
    for (const {target, status} of targets.pools()) {
      metrics.set('waybill_ssh_connections', status.connections, {target});
      metrics.set('waybill_ssh_connections_idle', status.idle, {target});
      metrics.set('waybill_ssh_sessions', status.sessions, {target});
      metrics.set('waybill_ssh_sessions_waiting', status.waiting, {target});
    }
  };
  const timer = setInterval(look, EVERY_MS).unref();
  return () => clearInterval(timer);
}
