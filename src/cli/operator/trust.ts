import {loadConfiguration} from '../../config/load.js';
import {WaybillError} from '../../contracts/errors.js';
import {type HostKeyOffer, trustHost} from '../../ssh/trust.js';
import {resolveSshTarget} from '../../worker/ssh-target-endpoint.js';
import type {CliContext} from '../context.js';
import {EXIT} from '../exit-codes.js';
import {printable} from '../terminal/printable.js';
import {Screen} from '../terminal/screen.js';
import {askYes} from '../terminal/ask.js';

export interface TrustOptions {
  readonly name: string;
  readonly yes: boolean;
  readonly fingerprint?: string;
  readonly json: boolean;
}

/** Fetches a target's host key and adds it to the known hosts once a person, or a given fingerprint, has agreed. */
export async function trust(context: CliContext, options: TrustOptions): Promise<number> {
  const screen = new Screen(context);
  if (options.yes && options.fingerprint === undefined) {
    throw new WaybillError('input.invalid', '--yes accepts no key that it was not told', {
      remedy: 'Add --fingerprint SHA256:… as the operator of the host gave it to you.',
    });
  }
  const offer = await fetchOffer(context, screen, options.name);
  const accepted = await decide(context, screen, offer, options);
  if (options.json) {
    const {host, keyType, fingerprint, state, knownHostsFile} = offer;
    await screen.result(JSON.stringify({host, keyType, fingerprint, state, knownHostsFile, outcome: accepted}));
  } else if (accepted === 'added') {
    screen.line(`Added to ${printable(offer.knownHostsFile)}.`);
  } else if (accepted === 'known') {
    screen.line(`The key of ${printable(offer.host)} is known already: ${offer.fingerprint}`);
  } else {
    screen.line('Nothing was added.');
  }
  return accepted === 'refused' ? EXIT.checkFailed : EXIT.ok;
}

async function fetchOffer({cwd, environment}: CliContext, screen: Screen, name: string): Promise<HostKeyOffer> {
  const {configuration, file} = await loadConfiguration({directory: cwd, environment});
  const settings = configuration.targets[name];
  if (settings === undefined) {
    throw new WaybillError(
      'target.unknown',
      `no target ${printable(name)} in ${file === undefined ? `a waybill.yaml from ${printable(cwd)} upwards: there is none` : printable(file)}`,
      {
        path: name,
        remedy: "Run this where the worker's waybill.yaml is, or name that file in WAYBILL_CONFIG.",
      },
    );
  }
  if (settings.kind !== 'ssh') {
    throw new WaybillError('input.invalid', `${printable(name)} is reached without SSH: it has no host key`, {
      path: name,
      remedy: 'Name a target of kind ssh.',
    });
  }
  const {endpoint, notices} = await resolveSshTarget(name, settings);
  for (const notice of notices) screen.warn(printable(notice));
  return trustHost(endpoint);
}

async function decide(
  context: CliContext,
  screen: Screen,
  offer: HostKeyOffer,
  {yes, fingerprint}: TrustOptions,
): Promise<'added' | 'known' | 'refused'> {
  if (fingerprint !== undefined && fingerprint !== offer.fingerprint) {
    throw new WaybillError('ssh.host-key-changed', `${printable(offer.host)} shows ${offer.fingerprint}`, {
      path: offer.host,
      expected: fingerprint,
      found: offer.fingerprint,
      remedy: `It was expected to show ${printable(fingerprint)}: find out which is right before you trust either.`,
    });
  }
  if (offer.state === 'known') return 'known';
  if (offer.state === 'unknown' && !yes) {
    if (context.stdin.isTTY !== true) {
      throw new WaybillError('ssh.host-key-unknown', `${printable(offer.host)} shows ${offer.fingerprint}`, {
        path: offer.host,
        remedy:
          'Nobody can be asked here: add --yes --fingerprint SHA256:… as the operator of the host gave it to you.',
      });
    }
    screen.line(`${printable(offer.host)} shows the key ${printable(offer.keyType)} ${offer.fingerprint}`);
    screen.line('Compare it with what its operator gives you (there: ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub).');
    if (!(await askYes(context, 'Is it the same? Type yes to trust it: '))) return 'refused';
  }
  // A changed or revoked key is refused here, with the reason.
  await offer.accept();
  return 'added';
}
