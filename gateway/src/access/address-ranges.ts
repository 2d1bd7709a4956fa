import { BlockList, isIPv6 } from 'node:net';

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

const listOf = (ranges: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
};

/** By the ranges themselves: they come from a snapshot, where they are the same until they change. */
const lists = new WeakMap<readonly string[], BlockList>();

/** Whether an address lies in one of the ranges; an IPv4 address that is written as IPv6 is the same address. */
export const isWithin = (ranges: readonly string[], ip: string): boolean => {
  const list = lists.get(ranges) ?? listOf(ranges);
  lists.set(ranges, list);
  const address = ip.split('%', 1)[0] ?? ip;
  return list.check(address, familyOf(address));
};
