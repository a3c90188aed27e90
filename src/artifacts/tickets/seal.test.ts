import {expect, test} from 'vitest';
import {newRecipient, seal} from './seal.js';

const content = {
  urls: Array.from({length: 200}, (_, index) => `http://s3.example/waybill/executions/x/inputs/${index}`),
};

test('what is sealed opens for its recipient, and is short', async () => {
  const recipient = await newRecipient('tickets of a');
  const sealed = await seal(recipient.publicKey, 'tickets of a', content);
  expect(await recipient.open(sealed)).toEqual(content);
  expect(sealed.length).toBeLessThan(JSON.stringify(content).length / 2);
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('s3.example');
});

test('it opens for nobody else, for no other purpose, and not when a bit of it was turned', async () => {
  const [recipient, other] = [await newRecipient('a'), await newRecipient('a')];
  const sealed = await seal(recipient.publicKey, 'a', content);
  await expect(other.open(sealed)).rejects.toThrow();
  await expect(recipient.open(await seal(recipient.publicKey, 'b', content))).rejects.toThrow();
  const turned = Buffer.from(sealed, 'base64');
  turned[100] = (turned[100] ?? 0) ^ 1;
  await expect(recipient.open(turned.toString('base64'))).rejects.toThrow();
});

test('a key that is none is refused', async () => {
  const key = Buffer.alloc(65, 4).toString('base64');
  await expect(seal(key, 'a', content)).rejects.toMatchObject({code: 'input.invalid'});
});
