import {type Command, Option} from 'commander';
import type {ConnectOptions} from './context.js';

/** An option that says what holds without it, as every option must. */
export class DocumentedOption extends Option {
  constructor(
    flags: string,
    readonly meaning: string,
    readonly fallback: string,
  ) {
    super(flags, `${meaning} (default: ${fallback})`);
  }
}

/** Takes one value each time it is given: what follows is never swallowed. */
export function repeatable(flags: string, meaning: string, fallback = 'none'): Option {
  return new DocumentedOption(flags, `${meaning}; repeatable`, fallback)
    .default([])
    .argParser((value: string, earlier: string[]) => [...earlier, value]);
}

export function parsed(flags: string, meaning: string, fallback: string, parse: (text: string) => unknown): Option {
  return new DocumentedOption(flags, meaning, fallback).argParser((text: string) => parse(text));
}

export interface ConnectionFlags {
  readonly address?: string;
  readonly namespace?: string;
}

export interface JsonFlag {
  readonly json?: true;
}

export function jsonOption(meaning: string): Option {
  return new DocumentedOption('--json', meaning, 'off');
}

/** Also accepted before the name of the command, where they hold for it. */
export function addConnectionOptions(command: Command): Command {
  return command
    .addOption(
      new DocumentedOption('--address <host:port>', "Temporal's address", '$TEMPORAL_ADDRESS, or 127.0.0.1:7233'),
    )
    .addOption(new DocumentedOption('--namespace <name>', "Temporal's namespace", '$TEMPORAL_NAMESPACE, or default'));
}

/** What was given to the command itself comes before what was given to those above it. */
export function connectionOf(command: Command): ConnectOptions {
  const chain: ConnectionFlags[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) chain.unshift(at.opts<ConnectionFlags>());
  const {address, namespace} = chain.reduce<ConnectionFlags>((outer, inner) => ({...outer, ...inner}), {});
  return {...(address === undefined ? {} : {address}), ...(namespace === undefined ? {} : {namespace})};
}

/** Of the commands that start a run. */
export function correlationOption(): Option {
  return new DocumentedOption(
    '--correlation-id <id>',
    "what every line of the worker's log about it carries",
    'the ID of the run',
  );
}
