import {Command} from 'commander';
import type {CliContext} from '../context.js';
import type {Finish} from '../exit-codes.js';
import {DocumentedOption, type JsonFlag, jsonOption} from '../options.js';

interface TrustFlags extends JsonFlag {
  readonly yes?: true;
  readonly fingerprint?: string;
}

export function trustCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('trust')
    .summary("accept a target's host key")
    .description(
      "Fetches the host key of an SSH target and adds it to the known hosts, after you have compared its fingerprint. Runs where the worker's configuration is. Without a terminal, --yes and --fingerprint are both needed.",
    )
    .argument('<name>', 'see `waybill targets`')
    .addOption(new DocumentedOption('--yes', 'do not ask; needs --fingerprint', 'off'))
    .addOption(new DocumentedOption('--fingerprint <SHA256:…>', 'accept this key and no other', 'none'))
    .addOption(jsonOption('print the key and what was done as one JSON object'));
  return command.action(async (name: string) => {
    const {yes, fingerprint, json} = command.opts<TrustFlags>();
    const operator = await context.operator();
    const {trust} = await operator.trust();
    finish(
      await trust(context, {
        name,
        yes: yes ?? false,
        json: json ?? false,
        ...(fingerprint === undefined ? {} : {fingerprint}),
      }),
    );
  });
}
