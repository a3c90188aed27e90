import {randomInt} from 'node:crypto';
import {canListen} from '../../src/embedded/ports.js';

/**
 * Below those that the system gives to whoever connects (32768 and up on Linux): one of theirs may be taken by a connection
 * of another test before the server that it is for listens.
 */
const FIRST = 15_000;
const AFTER_LAST = 32_000;

const given = new Set<number>();

/** A loopback port that nothing listens on at this moment, and that this process has not been given before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(FIRST, AFTER_LAST);
    if (given.has(port) || !(await canListen(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`a hundred ports from ${FIRST} to ${AFTER_LAST - 1}, and none is free`);
}
