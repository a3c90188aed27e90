import {type ChildProcess, spawn} from 'node:child_process';
import {closeSync, openSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {connect} from 'node:net';
import {basename} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

/** Starts an SSH server that stays in the foreground, and waits until it greets on its loopback port. */
export async function startDaemon(
  program: string,
  args: readonly string[],
  port: number,
  logFile: string,
): Promise<ChildProcess> {
  const log = openSync(logFile, 'a');
  const child = spawn(program, args, {stdio: ['ignore', log, log]});
  closeSync(log);
  const name = basename(program);
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${await readFile(logFile, 'utf8')}`);
    if (await answers(port)) return child;
    await sleep(25);
  }
  child.kill('SIGKILL');
  throw new Error(`${name} does not answer: ${await readFile(logFile, 'utf8')}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
