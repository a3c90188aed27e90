import {expect, test} from 'vitest';
import {losesSessionsThatOpen} from './server-software.js';

test.each([
  ['dropbear_2022.82', true],
  ['dropbear_2022.83', true],
  ['dropbear_2024.84', true],
  ['dropbear_2024.85', true],
  ['dropbear', true],
  ['dropbear-router', true],
  ['dropbear_2020.81', false],
  ['dropbear_2024.86', false],
  ['dropbear_2026.94', false],
  ['dropbear_0.52', false],
  ['OpenSSH_9.2p1', false],
  ['OpenSSH_8.4', false],
  ['', false],
])('%j takes no session while another one ends: %s', (software, expected) => {
  expect(losesSessionsThatOpen(software)).toBe(expected);
});
