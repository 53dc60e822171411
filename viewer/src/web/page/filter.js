// Writing terms of the filter language.

/** A value between quotes, its stars and quotes taken literally. */
export function quoted(text) {
  return `"${text.replace(/[\\"*]/g, (found) => `\\${found}`)}"`;
}
