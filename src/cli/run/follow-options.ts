import {resolve} from 'node:path';
import type {Command} from 'commander';
import {DocumentedOption, type JsonFlag, jsonOption} from '../options.js';

/** Of a command that follows what was started before. */
export interface FollowFlags extends JsonFlag {
  readonly out?: string;
  readonly remoteOnly?: true;
}

export function addFollowOptions(command: Command): Command {
  return command
    .addOption(
      new DocumentedOption('--out <dir>', 'where outputs are put', 'where `run` was told, or the current directory'),
    )
    .addOption(new DocumentedOption('--remote-only', 'leave outputs in the store', 'as `run` was told'))
    .addOption(jsonOption('print events and output as JSON, one object a line'));
}

/** What is left out holds as it was told when it was started. */
export function followOptions({out, remoteOnly, json}: FollowFlags, cwd: string) {
  return {
    ...(out === undefined ? {} : {into: resolve(cwd, out)}),
    ...(remoteOnly === undefined ? {} : {remoteOnly}),
    json: json ?? false,
  };
}
