import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {TestProject} from 'vitest/node';
import {MARKS_VARIABLE, suitesWithoutMark} from './marks.js';
import {requiredSuites} from './required-suites.js';

/** A global set-up of vitest: a whole run in which a required suite did not run to its end fails when it is torn down. */
export default async function requireSuites(project: TestProject): Promise<() => Promise<void>> {
  const marks = await mkdtemp(join(tmpdir(), 'waybill-marks-'));
  process.env[MARKS_VARIABLE] = marks;
  return async () => {
    const missing = (await isWholeRun(project)) ? suitesWithoutMark(marks, requiredSuites) : [];
    await rm(marks, {recursive: true, force: true});
    if (missing.length === 0) return;
    // vitest prints what a tear-down throws, and succeeds all the same.
    process.exitCode = 1;
    throw new Error(`Contract suites that did not run: ${missing.join(', ')}.`);
  };
}

/** Whether every test file of the project was run: somebody who asked for some of them is not told of the others. */
async function isWholeRun(project: TestProject): Promise<boolean> {
  if (project.vitest.config.testNamePattern !== undefined) return false;
  const run = new Set(project.vitest.state.getFilepaths());
  return (await project.globTestFiles()).testFiles.every((file) => run.has(file));
}
