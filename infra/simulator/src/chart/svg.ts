/** A piece of SVG: whatever came in as text is escaped. */
export interface Svg {
  readonly markup: string;
}

type Attributes = Readonly<Record<string, string | number | undefined>>;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Control characters may not stand in XML at all, escaped or not. */
const escaped = (text: string): string =>
  text.replace(/\p{Cc}|\p{Cs}/gu, ' ').replace(/[&<>"']/g, (character) => escapes[character] ?? character);

/** Hundredths of a point are finer than any screen. */
const numberText = (value: number): string => String(Math.round(value * 100) / 100);

export const tag = (name: string, attributes: Attributes, ...children: readonly (Svg | string)[]): Svg => {
  const given = Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return ` ${key}="${typeof value === 'number' ? numberText(value) : escaped(value)}"`;
  });
  const inside = children.map((child) => (typeof child === 'string' ? escaped(child) : child.markup)).join('');
  return { markup: inside === '' ? `<${name}${given.join('')}/>` : `<${name}${given.join('')}>${inside}</${name}>` };
};

export type Point = readonly [x: number, y: number];

/** The `d` of a path through these points. */
export const through = (points: readonly Point[]): string => {
  const parts: string[] = [];
  for (const [x, y] of points) parts.push(`${parts.length === 0 ? 'M' : 'L'}${numberText(x)} ${numberText(y)}`);
  return parts.join('');
};
