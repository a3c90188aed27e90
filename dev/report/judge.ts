import {z} from 'zod';

export const testReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(z.object({fullName: z.string(), status: z.string()})),
    }),
  ),
});
export type TestReport = z.infer<typeof testReport>;

interface Expected {
  /** Every test file of the repository, relative to its root. */
  readonly committed: readonly string[];
  /** Files, or `FILE > words of a test's full name`, without which a run proves too little: they cannot be removed unnoticed. */
  readonly named: readonly string[];
  readonly nameOf: (path: string) => string;
}

interface Verdict {
  readonly passed: number;
  readonly failed: number;
  readonly complaints: readonly string[];
}

export function judge(report: TestReport, {committed, named, nameOf}: Expected): Verdict {
  const passed: {readonly file: string; readonly test: string}[] = [];
  const complaints: string[] = [];
  for (const file of report.testResults) {
    const name = nameOf(file.name);
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed.push({file: name, test: test.fullName});
      else complaints.push(`${test.status}: ${name} > ${test.fullName}`);
    }
    const failedAsWhole = file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed');
    if (failedAsWhole) complaints.push(`failed: ${name} (${firstLine(file.message)})`);
  }
  for (const file of committed) {
    if (!passed.some((test) => test.file === file)) complaints.push(`nothing of it passed: ${file}`);
  }
  for (const suite of named) {
    const [file, words = ''] = suite.split(' > ', 2);
    const ran = passed.some((test) => test.file === file && test.test.includes(words));
    if (!ran) complaints.push(`required, and did not run: ${suite}`);
  }
  return {passed: passed.length, failed: complaints.length, complaints};
}

function firstLine(message = ''): string {
  return message.split('\n', 1)[0] ?? '';
}
