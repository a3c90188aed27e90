import {describe, expect, it} from 'vitest';
import {capabilitiesOf, painter} from './capabilities.js';

const tty = {isTTY: true, columns: 80};

describe('capabilitiesOf', () => {
  it.each([
    ['a terminal', tty, {}, {live: true, colours: true}],
    ['a pipe', {}, {}, {live: false, colours: false}],
    ['NO_COLOR', tty, {NO_COLOR: '1'}, {live: true, colours: false}],
    ['an empty NO_COLOR', tty, {NO_COLOR: ''}, {live: true, colours: true}],
    ['FORCE_COLOR in a pipe', {}, {FORCE_COLOR: '1'}, {live: false, colours: true}],
    ['FORCE_COLOR=0', tty, {FORCE_COLOR: '0'}, {live: true, colours: false}],
    ['NO_COLOR against FORCE_COLOR', tty, {NO_COLOR: '1', FORCE_COLOR: '1'}, {live: true, colours: false}],
    ['TERM=dumb', tty, {TERM: 'dumb'}, {live: false, colours: false}],
    ['a terminal without a size', {isTTY: true, columns: 0}, {}, {live: false, colours: true}],
  ])('%s', (_name, stream, environment, expected) => {
    expect(capabilitiesOf(stream, environment)).toMatchObject(expected);
  });

  it.each([
    [{LANG: 'de_DE.UTF-8'}, true],
    [{LC_ALL: 'C', LANG: 'de_DE.UTF-8'}, false],
    [{LANG: 'de_DE.ISO-8859-1'}, false],
    [{}, true],
    [{TERM: 'linux'}, false],
  ])('unicode with %j: %s', (environment, expected) => {
    expect(capabilitiesOf(tty, environment).unicode).toBe(expected);
  });

  it('paints nothing where there are no colours', () => {
    expect(painter(false)('red', 'x')).toBe('x');
    expect(painter(true)('red', 'x')).toBe('\u001b[31mx\u001b[39m');
  });
});
