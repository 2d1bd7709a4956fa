import { isIPv6 } from 'node:net';

const groupsOfNetwork = 4;
const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The eight groups of an IPv6 address without its zone; what `::` leaves out is zero. */
const groupsOf = (address: string): readonly string[] => {
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) return left;
  const right = tail === '' ? [] : tail.split(':');
  // An IPv4 address at the end takes the place of two groups.
  const taken = left.length + right.length + (tail.includes('.') ? 1 : 0);
  return [...left, ...Array.from({ length: Math.max(0, 8 - taken) }, () => '0'), ...right];
};

/** Whom an address stands for: itself, or with IPv6 its network of 64 bits, of which one subscriber has all addresses. */
export const networkOf = (address: string): string => {
  if (!isIPv6(address)) return address;
  const [, inside] = mapped.exec(address) ?? [];
  if (inside !== undefined) return inside;
  const network = groupsOf(address).slice(0, groupsOfNetwork);
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
};
