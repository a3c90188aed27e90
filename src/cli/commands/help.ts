import {Command} from 'commander';
import {WaybillError} from '../../contracts/errors.js';
import type {CliContext} from '../context.js';
import {exitCodeTable} from '../exit-codes.js';
import {Screen} from '../terminal/screen.js';
import {formatTable} from '../terminal/table.js';
import {environmentTable, signalRules} from '../topics.js';

export function helpCommand(context: CliContext): Command {
  const command = new Command('help')
    .summary('help on a command, or on: exit-codes, environment, signals')
    .description('Explains a command, or one of the topics exit-codes, environment and signals.')
    .argument('[topic...]', 'a command or a topic');
  return command.action(async (topic: readonly string[]) => {
    await new Screen(context).result(topicText(topic, command.parent ?? command).trimEnd());
  });
}

function topicText(topic: readonly string[], program: Command): string {
  switch (topic.join(' ')) {
    case 'exit-codes':
      return formatTable(
        ['STATUS', 'MEANING'],
        exitCodeTable.map(({status, meaning}) => [status, meaning]),
      );
    case 'environment':
      return formatTable(
        ['VARIABLE', 'MEANING'],
        environmentTable.map(({variable, meaning}) => [variable, meaning]),
      );
    case 'signals':
      return signalRules.join('\n');
    default:
      return find(program, topic).helpInformation();
  }
}

function find(program: Command, words: readonly string[]): Command {
  return words.reduce((at, word) => {
    const next = at.commands.find((command) => command.name() === word);
    if (next === undefined) {
      throw new WaybillError('input.invalid', `there is no help on "${words.join(' ')}"`, {
        remedy: 'See `waybill help` for the commands and topics.',
      });
    }
    return next;
  }, program);
}
