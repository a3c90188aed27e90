import {readFile} from 'node:fs/promises';
import type {Environment} from '../config/directories.js';
import type {S3StoreConfiguration} from '../config/schema.js';
import {WaybillError} from '../contracts/errors.js';
import type {S3Credentials} from '../stores/s3/credentials.js';

type Settings = Pick<
  S3StoreConfiguration,
  'accessKeyIdEnv' | 'secretAccessKeyEnv' | 'sessionTokenEnv' | 'credentialsFile' | 'credentialsProfile'
>;

/** Every request asks for its keys: the file is not read for each. */
const KEPT_MS = 10_000;

/**
 * Answers with the keys of a store, from its file or from the environment. Rejects with `secret.not-set`, which names
 * variables and files and no value.
 */
export function s3Credentials(settings: Settings, environment: Environment): () => Promise<S3Credentials> {
  const {credentialsFile: file, credentialsProfile: profile} = settings;
  if (file === undefined) return async () => fromEnvironment(settings, environment);
  let kept: {readonly at: number; readonly credentials: S3Credentials} | undefined;
  return async () => {
    if (kept === undefined || performance.now() - kept.at > KEPT_MS) {
      kept = {at: performance.now(), credentials: await fromFile(file, profile)};
    }
    return kept.credentials;
  };
}

function fromEnvironment(settings: Settings, environment: Environment): S3Credentials {
  const value = (name: string): string => {
    const found = environment[name] ?? '';
    if (found !== '') return found;
    throw new WaybillError('secret.not-set', `the environment variable ${name} of the worker is not set`, {path: name});
  };
  const {accessKeyIdEnv, secretAccessKeyEnv, sessionTokenEnv} = settings;
  return {
    accessKeyId: value(accessKeyIdEnv),
    secretAccessKey: value(secretAccessKeyEnv),
    ...(sessionTokenEnv === undefined ? {} : {sessionToken: value(sessionTokenEnv)}),
  };
}

async function fromFile(file: string, profile: string): Promise<S3Credentials> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new WaybillError('secret.not-set', `the credentials file ${file} cannot be read`, {
      ...{path: file, cause: error},
      remedy: 'Write it, and let the user of the worker read it.',
    });
  }
  const values = sectionOf(text, profile);
  const accessKeyId = values.get('aws_access_key_id');
  const secretAccessKey = values.get('aws_secret_access_key');
  const sessionToken = values.get('aws_session_token');
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new WaybillError('secret.not-set', `${file} has no keys in its section [${profile}]`, {
      path: file,
      remedy: 'It needs aws_access_key_id and aws_secret_access_key there.',
    });
  }
  return {accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : {sessionToken})};
}

/** The names and values of one section of the file that AWS's own tools read. */
function sectionOf(text: string, profile: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    const [, heading] = /^\s*\[\s*(.*?)\s*\]\s*(?:[#;].*)?$/.exec(line) ?? [];
    if (heading !== undefined) section = heading;
    const [, name, value] = /^\s*([a-z_]+)\s*=\s*(\S+)\s*$/.exec(line) ?? [];
    if (section === profile && name !== undefined && value !== undefined) values.set(name, value);
  }
  return values;
}
