/** A letter in JSON by its number; what JSON must not say otherwise stays as it is. */
const escapes = /\\(?:u([0-9a-fA-F]{4})|.)/gs;
const isFree = (unit: string): boolean => unit >= ' ' && unit !== '"' && unit !== '\\';

/**
 * What a tool is called with is JSON within a text: there letters may stand as escapes, which nobody who looks for words would see. The same JSON, with its
 * letters; what is none is the same, too, as far as it has no escapes.
 */
export const plainArguments = (text: string): string =>
  text.includes('\\u')
    ? text.replace(escapes, (given, hex: string | undefined) => {
        const unit = hex === undefined ? undefined : String.fromCharCode(Number.parseInt(hex, 16));
        return unit !== undefined && isFree(unit) ? unit : given;
      })
    : text;
