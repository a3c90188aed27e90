/**
 * Milliseconds after which Temporal takes a silent attempt for dead. Five seconds let another machine take over within
 * ten, and are five times the heartbeat's interval, so that a busy event loop is not mistaken for a dead one.
 */
export const HEARTBEAT_TIMEOUT_MS = 5_000;

/** Milliseconds between heartbeats, and the most that the SDK may hold one back. */
export const HEARTBEAT_INTERVAL_MS = 1_000;

/**
 * Milliseconds after which a workflow task that a dead worker held is given to another. Two seconds are twenty times
 * what our longest workflow task takes; Temporal's default of ten is what a crash between two steps would cost.
 */
export const WORKFLOW_TASK_TIMEOUT_MS = 2_000;
