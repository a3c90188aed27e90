export interface OutputLike {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface Capabilities {
  /** The cursor can be moved: lines may be drawn over. */
  readonly live: boolean;
  readonly colours: boolean;
  /** Anything outside ASCII can be shown. */
  readonly unicode: boolean;
}

/** NO_COLOR wins over FORCE_COLOR where both are set: who asked for less gets less. */
export function capabilitiesOf(stream: OutputLike, environment: NodeJS.ProcessEnv): Capabilities {
  const dumb = environment['TERM'] === 'dumb';
  const tty = stream.isTTY === true;
  const force = environment['FORCE_COLOR'];
  const forced = force !== undefined && force !== '0' && force !== 'false';
  const refused = (environment['NO_COLOR'] ?? '') !== '' || force === '0' || force === 'false';
  return {
    // Some terminals of test systems have no size: nothing can be drawn over in them.
    live: tty && !dumb && stream.columns !== 0,
    colours: !refused && (forced || (tty && !dumb)),
    unicode: supportsUnicode(environment),
  };
}

function supportsUnicode(environment: NodeJS.ProcessEnv): boolean {
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find(
    (value) => (value ?? '') !== '',
  );
  if (environment['TERM'] === 'linux') return false;
  // No locale at all is what containers have; their terminals are somebody's modern one.
  return locale === undefined || /utf-?8/i.test(locale);
}

const codes = {bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39]} as const;

export type Paint = (style: keyof typeof codes, text: string) => string;

export function painter(colours: boolean): Paint {
  if (!colours) return (_style, text) => text;
  return (style, text) => `\u001b[${codes[style][0]}m${text}\u001b[${codes[style][1]}m`;
}
