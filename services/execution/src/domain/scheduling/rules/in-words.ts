/** `4500` as `4.5`: thousandths for people, without zeros that say nothing. */
export const inUnits = (milli: number): string => String(Math.round(milli) / 1_000);

/** `4.5 a100`, or `8 CPUs`. */
export const gpusInWords = (milli: number, resource: string): string =>
  resource === 'cpu' ? `${inUnits(milli)} CPUs` : `${inUnits(milli)} ${resource}`;
