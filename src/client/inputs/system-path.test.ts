import {expect, it} from 'vitest';
import {isOfSystem} from './system-path.js';

it.each([
  ['/usr/bin/ldd', true],
  ['/bin/../usr/local/bin/job', true],
  ['/opt/tool/run.sh', true],
  ['/home/me/job.sh', false],
  ['/data/usr/job.sh', false],
  ['/usr/home/me/job.sh', false],
  ['/tmp/job.sh', false],
])('%s is of the system: %s', (path, expected) => {
  expect(isOfSystem(path, '/usr/home/me')).toBe(expected);
});

it('knows the system where the home is the root of everything', () => {
  expect(isOfSystem('/usr/bin/ldd', '/')).toBe(true);
});
