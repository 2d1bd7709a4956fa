import { z } from 'zod';

/** Addresses of IPv4 or IPv6 that begin alike, as `203.0.113.0/24` or `2001:db8::/32`; an address alone is a range of one. */
export const AddressRange = z
  .union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], 'an address or a range of addresses, such as 203.0.113.0/24 or 2001:db8::/32')
  .meta({ id: 'AddressRange' });
export type AddressRange = z.infer<typeof AddressRange>;
