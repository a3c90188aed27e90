import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {s3Credentials} from './s3-credentials.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-keys-'));
});
afterAll(() => rm(directory, {recursive: true}));

const names = {accessKeyIdEnv: 'KEY', secretAccessKeyEnv: 'SECRET', credentialsProfile: 'default'};

async function fileWith(text: string) {
  const credentialsFile = join(directory, 'credentials');
  await writeFile(credentialsFile, text);
  return {...names, credentialsFile};
}

test('keys come from the variables that the configuration names', async () => {
  const environment = {KEY: 'a', SECRET: 'b', TOKEN: 'c', AWS_ACCESS_KEY_ID: 'other'};
  expect(await s3Credentials(names, environment)()).toEqual({accessKeyId: 'a', secretAccessKey: 'b'});
  expect(await s3Credentials({...names, sessionTokenEnv: 'TOKEN'}, environment)()).toMatchObject({sessionToken: 'c'});
});

test('a variable that is not set is named, and no value is', async () => {
  await expect(s3Credentials(names, {KEY: 'hidden', SECRET: ''})()).rejects.toMatchObject({
    code: 'secret.not-set',
    message: 'the environment variable SECRET of the worker is not set',
  });
});

test('a file is read as the tools of AWS read it, the section that is named alone', async () => {
  const file = await fileWith(
    '[other]\naws_access_key_id = x\n; a comment\n[ default ] # main\r\naws_access_key_id = a\r\n  aws_secret_access_key=b/c+d==\nregion = r\n[last]\naws_session_token=t\naws_access_key_id=l\naws_secret_access_key=m\n',
  );
  expect(await s3Credentials(file, {})()).toEqual({accessKeyId: 'a', secretAccessKey: 'b/c+d=='});
  expect(await s3Credentials({...file, credentialsProfile: 'last'}, {})()).toEqual({
    ...{accessKeyId: 'l', secretAccessKey: 'm', sessionToken: 't'},
  });
});

test('a file without keys is refused by its section, one that is missing by its path', async () => {
  const file = await fileWith('[default]\naws_access_key_id = hidden\n');
  await expect(s3Credentials(file, {})()).rejects.toMatchObject({
    code: 'secret.not-set',
    message: `${file.credentialsFile} has no keys in its section [default]`,
  });
  const gone = {...names, credentialsFile: join(directory, 'gone')};
  await expect(s3Credentials(gone, {})()).rejects.toMatchObject({code: 'secret.not-set', path: gone.credentialsFile});
});

test('a file that could not be read is read again at once, one that could after ten seconds', async () => {
  const credentialsFile = join(directory, 'late');
  const credentials = s3Credentials({...names, credentialsFile}, {});
  await expect(credentials()).rejects.toMatchObject({code: 'secret.not-set'});
  await writeFile(credentialsFile, '[default]\naws_access_key_id=a\naws_secret_access_key=b\n');
  expect(await credentials()).toEqual({accessKeyId: 'a', secretAccessKey: 'b'});
  await writeFile(credentialsFile, '[default]\naws_access_key_id=c\naws_secret_access_key=d\n');
  expect(await credentials()).toEqual({accessKeyId: 'a', secretAccessKey: 'b'});
});
