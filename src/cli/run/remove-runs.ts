import type {Command} from 'commander';
import type {WaybillClientApi} from '../../client/api.js';
import {WaybillError} from '../../contracts/errors.js';
import {executionId} from '../../contracts/ids.js';
import {askYes} from '../terminal/ask.js';
import type {CliContext} from '../context.js';
import {connectionOf} from '../options.js';
import {formatBytes} from '../terminal/bar.js';
import {Screen} from '../terminal/screen.js';
import {plural} from './sentences.js';

export interface RemoveOptions {
  readonly yes: boolean;
  readonly json: true | undefined;
}

/** Removes runs one after the other. False where the answer was not yes, and nothing was removed. */
export async function removeRuns(
  context: CliContext,
  command: Command,
  ids: readonly string[],
  {yes, json}: RemoveOptions,
): Promise<boolean> {
  for (const id of ids) requireId(id);
  const screen = new Screen(context);
  const client = await context.connect(connectionOf(command));
  try {
    // Nobody is asked about what is not there.
    for (const id of ids) await requireKnown(client, id);
    const question = `Remove ${ids.join(', ')} with all files? Nothing brings them back. Type yes: `;
    if (!yes && !(await askYes(context, question))) {
      const unasked = context.stdin.isTTY === true ? '' : ' Without a terminal, say --yes.';
      screen.line(`Nothing was removed.${unasked}`);
      return false;
    }
    for (const id of ids) {
      const {removed, left} = await client.execution(id).remove();
      if (removed.executions === 0) {
        const reason = left[0]?.message ?? 'another sweep has it under way';
        throw new WaybillError('retention.not-removed', `${id} is not gone yet: ${reason}`, {path: id});
      }
      if (json === true) await screen.result(JSON.stringify({event: 'removed', id, ...removed}));
      else screen.line(`${id} is gone: ${plural(removed.artifacts, 'file')}, ${formatBytes(removed.bytes)}.`);
    }
    return true;
  } finally {
    await client.close();
  }
}

async function requireKnown(client: WaybillClientApi, id: string): Promise<void> {
  if ((await client.execution(id).record()) !== undefined) return;
  throw new WaybillError('execution.not-found', `no execution ${id} is known`, {path: id});
}

function requireId(id: string): void {
  if (executionId.safeParse(id).success) return;
  throw new WaybillError('input.invalid', `"${id}" is neither the ID of a run nor NAME:PATH`, {
    path: id,
    remedy: 'See `waybill list` for IDs, and `waybill targets` for names of places.',
  });
}
