import {afterEach, beforeEach, it} from 'vitest';
import {type FoundCase, InputPlace} from '../../../test/client/input-place.js';

let place: InputPlace;
beforeEach(async () => {
  place = await InputPlace.create();
});
afterEach(() => place.remove());

const cases: readonly FoundCase[] = [
  {it: 'warns of a script that is not here', files: [], run: ['./gone.sh'], sends: [], warns: /no "\.\/gone\.sh" here/},
  {
    it: 'knows a script that gets its name by --input',
    files: ['here/a.sh'],
    run: ['./gone.sh'],
    explicit: ['a.sh=gone.sh'],
    sends: ['gone.sh <- here/a.sh'],
  },
  {it: 'runs a script', files: ['here/j|!#!/bin/sh\n'], run: ['./j'], sends: ['j <- here/j']},
  {
    it: 'runs a bare script',
    files: ['here/j.py|!#!/usr/bin/env python3\n'],
    run: ['j.py'],
    command: ['./j.py'],
    sends: ['j.py <- here/j.py'],
  },
  {
    it: 'runs a script that is not executable',
    files: ['here/j|#!/usr/bin/env -S sh -e\r\n'],
    run: ['./j', '1'],
    command: ['/usr/bin/env', '-S sh -e', 'j', '1'],
    sends: ['j <- here/j'],
  },
  {
    it: 'runs by the ending',
    files: ['here/s/j.R'],
    run: ['s/j.R'],
    command: ['Rscript', 's/j.R'],
    sends: ['s/j.R <- here/s/j.R'],
  },
  {
    it: 'runs a script from elsewhere',
    files: ['o/j.sh'],
    run: ['../o/j.sh'],
    command: ['sh', 'inputs/j.sh'],
    sends: ['inputs/j.sh <- o/j.sh'],
  },
  {
    it: 'runs a script called like an option',
    files: ['here/-j.py'],
    run: ['./-j.py'],
    command: ['python3', './-j.py'],
    sends: ['-j.py <- here/-j.py'],
  },
  {
    it: 'sends a script once that is its own argument',
    files: ['here/j.py'],
    run: ['j.py', 'j.py'],
    command: ['python3', 'j.py', 'j.py'],
    sends: ['j.py <- here/j.py'],
  },
  {it: 'takes a bare name from the PATH', files: ['here/true|!ELF'], run: ['true'], sends: []},
  {
    it: 'says so where a script has the name',
    files: ['here/make|!#!/bin/sh\n'],
    run: ['make'],
    sends: [],
    warns: /\.\/make/,
  },
  {it: 'sends ./true', files: ['here/true|!ELF'], run: ['./true'], sends: ['true <- here/true']},
  {it: 'leaves a program of the system alone', files: ['o/prog|!ELF'], run: ['ROOT/o/prog'], sends: []},
  {
    it: 'leaves a script of the system to the target',
    files: [],
    run: ['/usr/bin/ldd', 'x'],
    sends: [],
  },
];

it.each(cases)('$it', (found) => place.expectFound(found));
