import {expect, it} from 'vitest';
import {abortRule, documentOf, expiryRule, holdsRule, rulesIn} from './lifecycle-rules.js';

const foreign =
  '<Rule><ID>their own</ID>\n <Prefix>logs/</Prefix><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>';

it('what others have set up goes back byte for byte', () => {
  const rules = [...rulesIn(`<?xml version="1.0"?><LifecycleConfiguration>${foreign}</LifecycleConfiguration>`)];
  expect(rules.map(({id}) => id)).toEqual(['their own']);
  expect(documentOf([...rules, expiryRule('a/', 92)])).toContain(foreign);
});

it('deletes by tag, prefix and days, and is told from one of another installation and of other days', () => {
  const rule = expiryRule('team/a&b/executions/', 92);
  expect(rule.xml).toContain('<And><Prefix>team/a&#38;b/executions/</Prefix><Tag><Key>waybill-delete-after-days</Key>');
  expect(rule.xml).toContain('<Value>92</Value></Tag></And>');
  const ids = [rule, expiryRule('team/b/executions/', 92), expiryRule('team/a&b/executions/', 93)].map(({id}) => id);
  expect(new Set(ids).size).toBe(3);
});

it('knows its own rule in another order of elements, and not one that somebody has changed', () => {
  const rule = expiryRule('x/', 92);
  const [status, expiration] = ['<Status>Enabled</Status>', '<Expiration><Days>92</Days></Expiration>'];
  const reordered = rule.xml.replace(status, '').replace(expiration, `${expiration}<Transition></Transition>${status}`);
  expect(holdsRule(rulesIn(documentOf([{...rule, xml: reordered}])), rule)).toBe(true);
  for (const [from, to] of [
    ['Enabled', 'Disabled'],
    ['<Days>92', '<Days>9'],
    [/<Tag>.*<\/Tag>/, ''],
  ] as const) {
    expect(holdsRule([{...rule, xml: rule.xml.replace(from, to)}], rule)).toBe(false);
  }
  expect(holdsRule([rule], abortRule('x/', 31))).toBe(false);
});
