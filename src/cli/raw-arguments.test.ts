import {expect, it} from 'vitest';
import {requireUtf8} from './raw-arguments.js';

const bytes = (...texts: (string | Uint8Array)[]) => texts.map((text) => Buffer.from(text));
const replaced = 'caf\uFFFD.txt';
const latin = Buffer.from('café.txt', 'latin1');

it('refuses by name and bytes what is not UTF-8', () => {
  const refuse = () => requireUtf8(['cat', replaced], () => bytes('cat', latin));
  expect(refuse).toThrow(expect.objectContaining({code: 'name.not-carried', path: replaced}));
  expect(refuse).toThrow('caf\\xe9.txt');
});

it('passes on a file whose name has the replacement character itself', () => {
  expect(() => requireUtf8(['cat', replaced], () => bytes('cat', replaced))).not.toThrow();
});

it('refuses what it cannot tell apart, and says why', () => {
  expect(() => requireUtf8([replaced], () => undefined)).toThrow(/U\+FFFD/);
});

it('asks nothing where every argument is whole', () => {
  const asked = () => {
    throw new Error('asked');
  };
  expect(() => requireUtf8(['run', 'café', '日本'], asked)).not.toThrow();
});
