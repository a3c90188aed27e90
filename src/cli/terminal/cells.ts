import widthOf from 'fast-string-truncated-width';

/**
 * How many cells of a terminal a text takes: wide characters and emoji two, marks and control sequences none. The
 * packages that segment a text by `Intl.Segmenter` load its tables when they are imported, which takes every command
 * a tenth of its start.
 */
export function cellsOf(text: string): number {
  return widthOf(text).width;
}
