/** That of package.json; a constant, because reading the file costs every start a look-up. */
export const VERSION = '0.1.0';
