import {describe, expect, it} from 'vitest';
import {judge, type TestReport} from './judge.js';

const passing = file('src/a.test.ts', ['passed', 'stores contract keeps names']);
const onlyThat: Parameters<typeof judge>[1] = {
  committed: ['src/a.test.ts'],
  named: [],
  nameOf: (path: string) => path.slice('/checkout/'.length),
};

function file(name: string, ...tests: readonly (readonly [status: string, fullName: string])[]) {
  const assertionResults = tests.map(([status, fullName]) => ({status, fullName}));
  return {name: `/checkout/${name}`, status: 'passed', message: '', assertionResults};
}

function verdict(report: TestReport['testResults'], expected: Partial<typeof onlyThat> = {}) {
  return judge({testResults: report}, {...onlyThat, ...expected});
}

describe('a test report', () => {
  it('is green where everything ran', () => {
    expect(verdict([passing])).toEqual({passed: 1, failed: 0, complaints: []});
  });

  it.each(['failed', 'skipped', 'pending', 'todo'])('counts a %s test as failed', (status) => {
    const mixed = file('src/a.test.ts', ['passed', 'one'], [status, 'two']);
    expect(verdict([mixed])).toMatchObject({passed: 1, failed: 1, complaints: [`${status}: src/a.test.ts > two`]});
  });

  it('counts a file that broke outside of its tests', () => {
    const broken = {...passing, status: 'failed', message: 'afterAll: port in use\n at x'};
    expect(verdict([broken]).complaints).toEqual(['failed: src/a.test.ts (afterAll: port in use)']);
  });

  it('counts a committed file that never ran', () => {
    expect(verdict([passing], {committed: ['src/a.test.ts', 'src/b.test.ts']}).complaints).toEqual([
      'nothing of it passed: src/b.test.ts',
    ]);
  });

  it('counts a required suite that is gone, by file and by name', () => {
    const named = ['src/gone.test.ts', 'src/a.test.ts > stores contract', 'src/a.test.ts > scp contract'];
    expect(verdict([passing], {named}).complaints).toEqual([
      'required, and did not run: src/gone.test.ts',
      'required, and did not run: src/a.test.ts > scp contract',
    ]);
  });
});
