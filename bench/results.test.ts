import {describe, expect, it} from 'vitest';
import {formatSection, withSection} from './results.js';

const BENCHES = ['first', 'second', 'third'];

describe('withSection', () => {
  it('measures one again and leaves the others as they are', () => {
    const third = withSection('', 'third', 'of the third', BENCHES);
    const both = withSection(third, 'first', 'of the first\n\n```\nwith a breakdown\n```', BENCHES);
    const again = withSection(both, 'third', 'new', BENCHES);

    expect(again).toBe(both.replace('of the third', 'new'));
    expect(again).toMatch(/^# Measured\n[^]*\n## first\n\nof the first\n\n```[^]*```\n\n## third\n\nnew\n$/);
  });

  it('puts a bench that was not measured before where the list of benches has it', () => {
    const ends = withSection(withSection('', 'third', 'of the third', BENCHES), 'first', 'of the first', BENCHES);

    const titles = withSection(ends, 'second', 'of the second', BENCHES).match(/^## .*$/gm);

    expect(titles).toEqual(['## first', '## second', '## third']);
  });

  it('leaves out what is no bench any more', () => {
    const old = withSection('', 'third', 'of the third', BENCHES);

    expect(withSection(old, 'first', 'of the first', ['first'])).not.toContain('third');
  });
});

describe('formatSection', () => {
  const row = {measure: 'copy', ours: '1 s', peer: 'scp: 2 s', figure: '2.00×', target: '≥ 1.0×', met: true};
  const report = {rows: [row], notes: ['What was compared.']};
  const circumstances = {date: new Date('2026-01-02T03:04:05Z'), before: '0.1', after: '0.2', machine: ['Two cores']};

  it('says when and on what each bench was measured', () => {
    const text = formatSection(report, {...circumstances, runs: 3});

    expect(text).toContain('2026-01-02, medians of 3 runs');
    expect(text).toContain('before: 0.1; after: 0.2;');
    expect(text).toContain('\n\nTwo cores.\n\n| Measure');
    expect(text).toMatch(/\| copy .* yes \|\n\nWhat was compared\.$/);
  });

  it('calls a single run no median', () => {
    expect(formatSection(report, {...circumstances, runs: 1})).toContain('2026-01-02, one run,');
  });
});
