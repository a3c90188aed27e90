import {WaybillError} from '../../contracts/errors.js';
import {PipedCommand} from '../piped-command.js';
import type {SshPool} from '../pool.js';
import {ScpAnswers} from './answers.js';
import {receivingCommand} from './command.js';
import {type FileRecord, headOf} from './records.js';

export interface FileToSend extends Omit<FileRecord, 'size'> {
  readonly content: Uint8Array;
}

const END_OF_FILE = Buffer.of(0);

/**
 * Sends files into one directory of the target by one `scp` there. The bytes of a file go only after its record was
 * agreed to: a receiver that refuses a record would take them for the next ones.
 *
 * @returns for each file what the receiver said against it, or undefined
 */
export async function sendFiles(
  pool: SshPool,
  directory: string,
  files: readonly FileToSend[],
  started: (command: PipedCommand) => void,
): Promise<readonly (string | undefined)[]> {
  const answers = new ScpAnswers();
  const command = await PipedCommand.open(pool, receivingCommand(directory), (bytes) => answers.feed(bytes));
  started(command);
  const ended = command.done.then(({status, said}): never => {
    const message = `scp ended on ${pool.endpoint.host} (status ${status}): ${said.trim().slice(0, 500)}`;
    throw new WaybillError('shell.failed', message, {path: pool.endpoint.name});
  });
  ended.catch(() => undefined);
  const answer = (): Promise<string | undefined> => Promise.race([answers.next(), ended]);
  try {
    const refused = await answer();
    if (refused !== undefined) return files.map(() => refused);
    return await sendEach(files, command, answer);
  } finally {
    command.endInput();
    await command.done.catch(() => undefined);
  }
}

async function sendEach(
  files: readonly FileToSend[],
  command: PipedCommand,
  answer: () => Promise<string | undefined>,
): Promise<readonly (string | undefined)[]> {
  const heads = files.map((file) => headOf({...file, size: file.content.length}));
  const complaints: (string | undefined)[] = [];
  await command.write(Buffer.from(heads[0]?.text ?? ''));
  for (const [index, {content}] of files.entries()) {
    let complaint = await answer();
    if (heads[index]?.answers === 2) complaint = (await answer()) ?? complaint;
    // The next record rides behind these bytes: one round trip for each file.
    const next = Buffer.from(heads[index + 1]?.text ?? '');
    if (complaint !== undefined) await command.write(next);
    else {
      await command.write(content);
      await command.write(Buffer.concat([END_OF_FILE, next]));
      complaint = await answer();
    }
    complaints.push(complaint);
  }
  return complaints;
}
